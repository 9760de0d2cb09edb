//! Encodes requests, as specified by `protocol.txt` of memcached 1.6.

use bytes::{BufMut, BytesMut};

/// A request, which borrows its arguments.
#[derive(Clone, Copy)]
pub(crate) enum Request<'a> {
    /// A meta command on a key. The reply echoes the opaque number that is added.
    Meta(Meta<'a>),
    /// Quiet `mg` on many keys: only hits are replied to, and `mn` ends them.
    GetMany {
        keys: &'a [&'a [u8]],
        flags: &'a [Flag],
    },
    /// A command whose reply is a single line.
    Line(&'a str),
    /// `me`, whose reply is a line or a miss.
    Debug(&'a [u8]),
    /// `stats`, whose reply is several lines and `END`.
    Lines(&'a str),
    /// A user and a password, in the form of a `set`.
    Authenticate(&'a str),
}

#[derive(Clone, Copy)]
pub(crate) struct Meta<'a> {
    pub(crate) command: &'static str,
    pub(crate) key: &'a [u8],
    /// The value of `ms`.
    pub(crate) data: Option<&'a [u8]>,
    pub(crate) flags: &'a [Flag],
}

/// A flag of a meta command.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Flag {
    Bare(u8),
    Number(u8, u64),
    /// `M`: the mode of the command.
    Mode(u8),
}

impl Flag {
    /// The value, flags and version of the item.
    pub(crate) const ITEM: [Flag; 3] = [Flag::Bare(b'v'), Flag::Bare(b'f'), Flag::Bare(b'c')];

    pub(crate) fn expiry(seconds: u64) -> Self {
        Flag::Number(b'T', seconds)
    }
}

impl Request<'_> {
    /// Returns whether it is safe to send the request again.
    pub(crate) fn is_repeatable(&self) -> bool {
        match self {
            Request::Meta(meta) => meta.command == "mg",
            Request::GetMany { .. } | Request::Debug(_) => true,
            Request::Line(line) => !line.starts_with("flush_all"),
            Request::Lines(_) | Request::Authenticate(_) => false,
        }
    }

    /// Returns whether lines are followed by data, which a server that does not understand the
    /// line would take for commands.
    pub(crate) fn has_data(&self) -> bool {
        match self {
            Request::Meta(meta) => meta.data.is_some(),
            Request::Authenticate(_) => true,
            _ => false,
        }
    }

    /// Returns the number of opaque numbers that it needs.
    pub(crate) fn opaques(&self) -> usize {
        match self {
            Request::Meta(_) => 1,
            Request::GetMany { keys, .. } => keys.len(),
            _ => 0,
        }
    }

    /// Returns an upper bound of its length, roughly.
    pub(crate) fn size(&self) -> usize {
        const FRAME: usize = 64;
        match self {
            Request::Meta(meta) => FRAME + meta.key.len() + meta.data.map_or(0, <[u8]>::len),
            Request::GetMany { keys, .. } => keys.iter().map(|key| FRAME + key.len()).sum(),
            Request::Line(text) | Request::Lines(text) | Request::Authenticate(text) => {
                FRAME + text.len()
            }
            Request::Debug(key) => FRAME + key.len(),
        }
    }

    pub(crate) fn write(&self, out: &mut BytesMut, opaque: u32) {
        match *self {
            Request::Meta(meta) => meta.write(out, opaque),
            Request::GetMany { keys, flags } => {
                let opaques = (0..).map(|n| opaque.wrapping_add(n));
                for (key, opaque) in keys.iter().zip(opaques) {
                    line(out, "mg", key, None, flags);
                    out.put_slice(b" q O");
                    number(out, opaque.into());
                    out.put_slice(b"\r\n");
                }
                out.put_slice(b"mn\r\n");
            }
            Request::Line(text) | Request::Lines(text) => {
                out.put_slice(text.as_bytes());
                out.put_slice(b"\r\n");
            }
            Request::Debug(key) => {
                out.put_slice(b"me ");
                out.put_slice(key);
                out.put_slice(b"\r\n");
            }
            Request::Authenticate(secret) => {
                out.put_slice(b"set auth 0 0 ");
                number(out, secret.len() as u64);
                out.put_slice(b"\r\n");
                out.put_slice(secret.as_bytes());
                out.put_slice(b"\r\n");
            }
        }
    }
}

impl Meta<'_> {
    fn write(&self, out: &mut BytesMut, opaque: u32) {
        line(out, self.command, self.key, self.data, self.flags);
        out.put_slice(b" O");
        number(out, opaque.into());
        out.put_slice(b"\r\n");
        if let Some(data) = self.data {
            out.put_slice(data);
            out.put_slice(b"\r\n");
        }
    }
}

/// Writes the line of a meta command, except for its opaque number and its end.
fn line(out: &mut BytesMut, command: &str, key: &[u8], data: Option<&[u8]>, flags: &[Flag]) {
    out.put_slice(command.as_bytes());
    out.put_u8(b' ');
    out.put_slice(key);
    if let Some(data) = data {
        out.put_u8(b' ');
        number(out, data.len() as u64);
    }
    for flag in flags {
        out.put_u8(b' ');
        match *flag {
            Flag::Bare(letter) => out.put_u8(letter),
            Flag::Number(letter, value) => {
                out.put_u8(letter);
                number(out, value);
            }
            Flag::Mode(mode) => out.put_slice(&[b'M', mode]),
        }
    }
}

fn number(out: &mut BytesMut, number: u64) {
    out.put_slice(itoa::Buffer::new().format(number).as_bytes());
}
