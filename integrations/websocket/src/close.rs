use std::fmt;

use tokio_tungstenite::tungstenite::protocol::CloseFrame as WireFrame;

use crate::Text;
use crate::error::{Error, Reason};

/// The longest reason: a control frame holds 125 bytes, two of which are the
/// code.
const MAX_REASON: usize = 123;

/// Why a connection is closed: a number (RFC 6455 §7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// All is done.
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// A server that stops, or a page that is left.
    pub const GOING_AWAY: CloseCode = CloseCode(1001);
    /// The peer broke the protocol.
    pub const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    /// Messages of this kind, text or binary, are not understood.
    pub const UNSUPPORTED: CloseCode = CloseCode(1003);
    /// A text was not UTF-8, or otherwise not what the message should hold.
    pub const INVALID_DATA: CloseCode = CloseCode(1007);
    /// A message was against the rules of the application.
    pub const POLICY: CloseCode = CloseCode(1008);
    /// A message was too long.
    pub const TOO_BIG: CloseCode = CloseCode(1009);
    /// The server cannot go on.
    pub const INTERNAL_ERROR: CloseCode = CloseCode(1011);

    /// Whether it may be sent (RFC 6455 §7.4.2).
    fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a peer says when it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// Why, as a number.
    pub code: CloseCode,
    /// Why, in words; may be empty.
    pub reason: Text,
}

impl CloseFrame {
    pub(crate) fn from_wire(frame: WireFrame) -> Self {
        CloseFrame {
            code: CloseCode(frame.code.into()),
            reason: Text(frame.reason),
        }
    }
}

impl fmt::Display for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if !self.reason.is_empty() {
            write!(f, " {:?}", self.reason)?;
        }
        Ok(())
    }
}

/// A frame that may be sent.
pub(crate) fn wire_frame(code: CloseCode, reason: &str) -> Result<WireFrame, Error> {
    if !code.is_sendable() {
        let message = format!("the close code {code} must not be sent");
        return Err(Error::new("close", Reason::Invalid(message)));
    }
    if reason.len() > MAX_REASON {
        let len = reason.len();
        let message = format!("a reason of {len} bytes is longer than {MAX_REASON}");
        return Err(Error::new("close", Reason::Invalid(message)));
    }
    Ok(WireFrame {
        code: code.0.into(),
        reason: reason.into(),
    })
}

/// The frame of an ordinary end.
pub(crate) fn normal() -> WireFrame {
    WireFrame {
        code: CloseCode::NORMAL.0.into(),
        reason: "".into(),
    }
}
