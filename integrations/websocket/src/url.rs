use http::Uri;
use http::uri::Scheme;

use crate::error::{Error, Reason, Result};

/// Where a URL leads: `ws://host:port/path?query` (RFC 6455 §3).
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) uri: Uri,
    /// For the dialer: the host is in brackets where it is an address of IPv6.
    pub(crate) address: String,
    pub(crate) secure: bool,
    /// For errors: without the query, which may hold a secret.
    pub(crate) shown: String,
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let invalid = |message: &str| Error::new("connect", Reason::Invalid(message.to_owned()));
        let uri: Uri = url
            .parse()
            .map_err(|error| invalid(&format!("this is no URL: {error}")))?;
        let authority = uri.authority();
        let authority = authority.ok_or_else(|| invalid("the URL has no host"))?;
        // Before anything of it is told.
        if authority.as_str().contains('@') {
            return Err(invalid(
                "credentials belong into a header, not into the URL",
            ));
        }
        let scheme = uri.scheme_str().unwrap_or_default();
        let shown = format!("{scheme}://{authority}{}", uri.path());
        let invalid = |message: &str| invalid(message).with_url(Some(&shown));
        let secure = match uri.scheme() {
            Some(scheme) if is(scheme, "ws") => false,
            Some(scheme) if is(scheme, "wss") => true,
            _ => return Err(invalid("expected a URL that begins with ws:// or wss://")),
        };
        if authority.host().is_empty() {
            return Err(invalid("the URL has no host"));
        }
        let port = match (authority.port_u16(), authority.port()) {
            (Some(port), _) => port,
            (None, None)
                if authority.as_str().ends_with(':') || authority.as_str() == authority.host() =>
            {
                if secure {
                    443
                } else {
                    80
                }
            }
            (None, _) => return Err(invalid("the port is not in 0 to 65535")),
        };
        let address = format!("{}:{port}", authority.host());
        Ok(Target {
            uri,
            address,
            secure,
            shown,
        })
    }
}

fn is(scheme: &Scheme, name: &str) -> bool {
    scheme.as_str().eq_ignore_ascii_case(name)
}
