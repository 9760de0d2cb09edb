//! The parts of a URL that connecting needs.

use std::fmt;

use http::Uri;
use http::uri::Authority;
use net_traits::{HostPort, Port};

/// The scheme, host and port of a URL (RFC 6454 §4): what is dialed, and what
/// connections and credentials belong to.
///
/// ```
/// use net_http::Origin;
///
/// let url = "wss://Example.com/chat".parse()?;
/// let origin = Origin::of(&url, &[("ws", 80), ("wss", 443)])?;
/// assert_eq!(origin.scheme(), "wss");
/// assert_eq!(origin.address().to_string(), "example.com:443");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: &'static str,
    address: HostPort,
}

impl Origin {
    /// Returns the origin of a URL that has one of these schemes, each given
    /// with its default port. User and password are left out.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL has another scheme, no host, or an invalid
    /// host or port.
    pub fn of(url: &Uri, schemes: &[(&'static str, u16)]) -> Result<Self, InvalidUrl> {
        let named = |scheme: &str| {
            schemes
                .iter()
                .find(|known| scheme.eq_ignore_ascii_case(known.0))
        };
        match (url.scheme_str().and_then(named), url.authority()) {
            (Some(&(scheme, default_port)), Some(authority)) => {
                Origin::at(scheme, authority, default_port)
            }
            _ => Err(InvalidUrl::scheme(schemes)),
        }
    }

    /// Returns the origin of an authority, as in the target of a CONNECT
    /// request.
    pub(crate) fn at(
        scheme: &'static str,
        authority: &Authority,
        default_port: u16,
    ) -> Result<Self, InvalidUrl> {
        let host = authority.host();
        if host.is_empty() {
            return Err(InvalidUrl("the URL has no host".to_owned()));
        }
        let typed = without_user_info(authority);
        let mut address = match typed.strip_prefix(host) {
            Some("" | ":") => format!("{host}:{default_port}"),
            _ => typed.to_owned(),
        };
        address.make_ascii_lowercase();
        let address: HostPort = address
            .parse()
            .map_err(|error| InvalidUrl::address(&error))?;
        match &address.port {
            Port::Number(_) => Ok(Origin { scheme, address }),
            // A URL has no service names (RFC 3986 §3.2.3).
            port => Err(InvalidUrl(format!("invalid port {:?}", port.to_string()))),
        }
    }

    /// Returns the scheme, in lower case.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    #[cfg(feature = "client")]
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// Returns the host and the port, which is the scheme's default if the URL
    /// has none.
    #[must_use]
    pub fn address(&self) -> &HostPort {
        &self.address
    }
}

/// Returns the user and the password of an authority, as they are written.
pub(crate) fn user_info(authority: &Authority) -> Option<&str> {
    let (user_info, _) = authority.as_str().rsplit_once('@')?;
    Some(user_info)
}

/// Returns an authority without its user and password.
pub(crate) fn without_user_info(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

/// Formats a URL for a message: without its password and its query, which may
/// hold secrets.
#[must_use]
pub fn redacted(url: &Uri) -> String {
    let Some(authority) = url.authority() else {
        return url.path().to_owned();
    };
    let mut text = match url.scheme_str() {
        Some(scheme) => format!("{scheme}://"),
        None => String::new(),
    };
    match user_info(authority).map(|user| user.split_once(':').ok_or(user)) {
        Some(Ok((user, _))) => text.extend([user, ":***@"]),
        Some(Err(user)) => text.extend([user, "@"]),
        None => {}
    }
    text.extend([without_user_info(authority), url.path()]);
    text
}

/// The error of a URL that names no server to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidUrl(String);

impl InvalidUrl {
    fn scheme(schemes: &[(&'static str, u16)]) -> Self {
        let mut text = "expected a URL that begins with ".to_owned();
        for (index, (scheme, _)) in schemes.iter().enumerate() {
            text.push_str(match index {
                0 => "",
                _ if index + 1 == schemes.len() => " or ",
                _ => ", ",
            });
            text.extend([scheme, "://"]);
        }
        InvalidUrl(text)
    }

    fn address(error: &net_traits::Error) -> Self {
        InvalidUrl(error.cause().to_string())
    }
}

impl fmt::Display for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidUrl {}
