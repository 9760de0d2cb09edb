use std::net::SocketAddr;

use http::Uri;
use net_http::Origin;
use net_traits::{Endpoint, Error, Host, HostPort, Operation, Port, Result, UnixAddress};

/// The schemes of servers, with their default ports.
const SCHEMES: [(&str, u16); 2] = [("http", 80), ("https", 443)];

/// The server of a channel.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The scheme and authority of each request.
    pub(crate) origin: Uri,
    pub(crate) place: Place,
}

/// Where the server is.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Tcp(HostPort),
    Unix(UnixAddress),
}

impl Target {
    /// Parses `http://host:port`, `https://host:port` or `unix:path`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Target {
                origin: Uri::from_static("http://localhost/"),
                place: Place::Unix(path.strip_prefix("//").unwrap_or(path).parse()?),
            });
        }
        let invalid = |problem: String| Error::invalid(Operation::Parse, problem);
        let origin: Uri = text
            .parse()
            .map_err(|error| invalid(format!("invalid URI: {error}")))?;
        if origin
            .authority()
            .is_some_and(|it| it.as_str().contains('@'))
        {
            // Without the text, which may contain a password.
            return Err(invalid(
                "credentials belong in metadata, not in the URI".to_owned(),
            ));
        }
        let invalid = |problem: String| invalid(problem).with_address(text);
        let known = |scheme: &str| SCHEMES.iter().any(|(name, _)| *name == scheme);
        if !origin.scheme_str().is_some_and(known) {
            let expected = "expected a URI that begins with http://, https:// or unix:";
            return Err(invalid(expected.to_owned()));
        }
        let address = Origin::of(&origin, &SCHEMES).map_err(|error| invalid(error.to_string()))?;
        if origin.path_and_query().is_some_and(|path| path != "/") {
            return Err(invalid(
                "unexpected path: it belongs to the service".to_owned(),
            ));
        }
        Ok(Target {
            place: Place::Tcp(address.address().clone()),
            origin,
        })
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.origin.scheme_str() == Some("https")
    }

    /// Returns the host that the server's certificate must be for.
    #[cfg(feature = "tls")]
    pub(crate) fn server_name(&self) -> String {
        match &self.place {
            Place::Tcp(address) => address.host.to_string(),
            Place::Unix(_) => "localhost".to_owned(),
        }
    }

    /// Returns the name to look up, and the port; `None` for addresses.
    pub(crate) fn name_and_port(&self) -> Option<(&str, u16)> {
        match &self.place {
            Place::Tcp(HostPort {
                host: Host::Name(name),
                port: Port::Number(port),
            }) => Some((name.as_str(), *port)),
            _ => None,
        }
    }
}

/// An address of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// The target's own address, which the dialer resolves.
    AsTyped,
    Resolved(SocketAddr),
}

impl Address {
    /// Returns the address that is dialed.
    pub(crate) fn to_dial(&self, target: &Target) -> Result<net_traits::Address> {
        match (self, &target.place) {
            (Address::Resolved(address), _) => Ok(net_traits::Address::tcp(*address)),
            (Address::AsTyped, Place::Tcp(address)) => {
                Ok(net_traits::Address::tcp(address.clone()))
            }
            (Address::AsTyped, Place::Unix(path)) => net_traits::Address::unix(path.clone()),
        }
    }

    /// Adds to an error which address of the target it is about.
    pub(crate) fn describe(&self, error: Error, target: &Target) -> Error {
        let mut error = error.with_operation(Operation::Dial);
        if let Ok(typed) = Address::AsTyped.to_dial(target) {
            error = error.with_target(&typed);
        }
        match self {
            Address::AsTyped => error,
            Address::Resolved(address) => error.with_endpoint(Endpoint::from(*address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_say_what_to_dial() {
        for (uri, network, address) in [
            ("http://localhost:50051", "tcp", "localhost:50051"),
            ("http://[::1]:50051/", "tcp", "[::1]:50051"),
            ("http://greeter", "tcp", "greeter:80"),
            ("https://greeter", "tcp", "greeter:443"),
            ("unix:/run/greeter", "unix", "/run/greeter"),
            ("unix:///run/greeter", "unix", "/run/greeter"),
        ] {
            let target = Target::parse(uri).expect(uri);
            let expected = net_traits::Address::parse(network, address).expect(address);
            assert_eq!(Address::AsTyped.to_dial(&target).expect(uri), expected);
        }
    }

    #[test]
    fn other_uris_are_refused() {
        for uri in [
            "",
            "localhost:50051",
            "ftp://localhost",
            "http://me:secret@localhost",
            "http://localhost/path",
            "http://localhost:99999",
            "http://:50051",
        ] {
            let error = Target::parse(uri).expect_err(uri);
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
        }
    }
}
