use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;

/// A user and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Credentials {
    pub(crate) fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Credentials {
            user: user.into(),
            password: password.into(),
        }
    }

    /// Decodes what a URL has before its `@`; `None` if that is not UTF-8.
    pub(crate) fn decode(user_info: &str) -> Option<Self> {
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let decode = |part| percent_decode_str(part).decode_utf8().ok();
        Some(Credentials::new(decode(user)?, decode(password)?))
    }

    /// Formats them for `Basic` authentication (RFC 7617).
    pub(crate) fn basic(&self) -> HeaderValue {
        let credentials = BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password));
        let value = HeaderValue::try_from(format!("Basic {credentials}"));
        let mut value = value.expect("base64 is ASCII");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}
