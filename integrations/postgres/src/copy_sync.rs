//! Keeps back the Sync that tokio-postgres sends too early with a COPY into a table.
//!
//! It asks for the COPY by Bind, Execute, Sync, and ends it by `CopyDone` or `CopyFail`, and
//! another Sync. A server that takes the rows ignores the first Sync. One that refuses to, since
//! there is no such table, answers both; and the second answer, which nobody has asked for, would
//! be taken for that of the next query, whose own is then that of the query after it.
//!
//! So the first one waits for what comes next. That is the rest of the COPY, which has a Sync of
//! its own; or anything else, if nobody sends rows, which it then goes before. With it goes a
//! `CopyFail`, since the server may be waiting for them; if not, it ignores that.

use std::io;

use crate::requests::{Asked, Requests};

/// `CopyFail`, without a reason, and Sync.
const GIVE_UP: &[u8] = b"f\0\0\0\x05\0S\0\0\0\x04";

/// Whether a Sync waits.
#[derive(Debug, Default)]
pub(crate) struct CopySync {
    /// The current message is a Sync that waits.
    is_kept: bool,
    /// A Sync waits.
    has_kept: bool,
}

impl CopySync {
    pub(crate) fn has_kept(&self) -> bool {
        self.has_kept
    }

    /// Looks at what the client sends; what is to be sent in its place.
    pub(crate) fn edit(
        &mut self,
        mut bytes: &[u8],
        requests: &mut Requests,
    ) -> io::Result<Vec<u8>> {
        let mut edited = Vec::with_capacity(bytes.len() + GIVE_UP.len());
        while !bytes.is_empty() {
            if let Some(tag) = requests.next_tag(bytes[0]) {
                let goes_on = matches!(tag, b'd' | b'c' | b'f');
                if std::mem::take(&mut self.has_kept) && !goes_on {
                    edited.extend_from_slice(GIVE_UP);
                    requests.asked.push_back(Asked::Sync);
                }
                self.is_kept = tag == b'S' && requests.has_begun_copy();
            }
            let taken = requests.take(bytes)?;
            if self.is_kept {
                self.has_kept = requests.is_between_messages();
                if self.has_kept {
                    // It is not sent yet.
                    requests.asked.pop_back();
                }
            } else {
                edited.extend_from_slice(&bytes[..taken]);
            }
            bytes = &bytes[taken..];
        }
        Ok(edited)
    }
}
