use std::fmt;

use tokio_tungstenite::tungstenite::protocol::CloseFrame as WireFrame;

use crate::Text;
use crate::error::{Error, Reason};

/// The longest reason: a control frame holds 125 bytes, including two for the
/// code.
const MAX_REASON: usize = 123;

/// The code of a close frame (RFC 6455 §7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The purpose of the connection is fulfilled.
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// The server shuts down, or the browser leaves the page.
    pub const GOING_AWAY: CloseCode = CloseCode(1001);
    /// The peer violated the protocol.
    pub const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    /// Messages of this kind, text or binary, are not supported.
    pub const UNSUPPORTED: CloseCode = CloseCode(1003);
    /// The data of a message does not match its type, such as text that is not
    /// UTF-8.
    pub const INVALID_DATA: CloseCode = CloseCode(1007);
    /// A message violated the policy of the application.
    pub const POLICY: CloseCode = CloseCode(1008);
    /// A message was too long.
    pub const TOO_BIG: CloseCode = CloseCode(1009);
    /// The server encountered an error.
    pub const INTERNAL_ERROR: CloseCode = CloseCode(1011);

    /// Returns whether the code may be sent (RFC 6455 §7.4.2).
    fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The code and the reason that a peer closes the connection with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// The code.
    pub code: CloseCode,
    /// The reason, which may be empty.
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

/// Creates a close frame that may be sent.
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

/// Creates the close frame of a normal closure.
pub(crate) fn normal() -> WireFrame {
    WireFrame {
        code: CloseCode::NORMAL.0.into(),
        reason: "".into(),
    }
}
