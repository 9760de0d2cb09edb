use http::Uri;
use net_http::{Origin, redacted};

use crate::error::{Error, Reason, Result};

/// The schemes of WebSocket, with their default ports (RFC 6455 §3).
const SCHEMES: [(&str, u16); 2] = [("ws", 80), ("wss", 443)];

/// A URL of a WebSocket server: `ws://host:port/path?query`.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) uri: Uri,
    pub(crate) origin: Origin,
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let invalid = |message: String| Error::new("connect", Reason::Invalid(message));
        let uri: Uri = url
            .parse()
            .map_err(|error| invalid(format!("invalid URL: {error}")))?;
        let invalid = |message: String| invalid(message).with_url(Some(&redacted(&uri)));
        if uri.authority().is_some_and(|it| it.as_str().contains('@')) {
            let message = "credentials belong in a header, not in the URL";
            return Err(invalid(message.to_owned()));
        }
        let origin = Origin::of(&uri, &SCHEMES).map_err(|error| invalid(error.to_string()))?;
        Ok(Target { uri, origin })
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.origin.scheme() == "wss"
    }
}
