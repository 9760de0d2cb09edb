use std::net::SocketAddr;

use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use net_traits::{Endpoint, Error, Operation, Result};

/// Whom a channel talks to, as its URI says.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// What each request says that it is for.
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    /// What is dialed where nothing is resolved before.
    pub(crate) network: &'static str,
    pub(crate) address: String,
}

impl Target {
    /// Reads `http://host:port`, `https://host:port` or `unix:path`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Target {
                scheme: Scheme::HTTP,
                authority: Authority::from_static("localhost"),
                network: "unix",
                address: path.strip_prefix("//").unwrap_or(path).to_owned(),
            });
        }
        let wrong = |problem: &str| Error::invalid(Operation::Parse, problem).with_address(text);
        let uri: Uri = text.parse().map_err(|_| wrong("no URI"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong("no http://, https:// or unix: at its beginning"));
        };
        let default_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(wrong("a scheme other than http, https and unix")),
        };
        if authority.as_str().contains('@') {
            // Without the text, which may have a password in it.
            let problem = "gRPC has no user names in a URI";
            return Err(Error::invalid(Operation::Parse, problem));
        }
        if parts.path_and_query.is_some_and(|path| path != "/") {
            return Err(wrong("services have no path of their own"));
        }
        let host = authority.host();
        let address = match authority.as_str().strip_prefix(host) {
            None | Some("" | ":") => format!("{host}:{default_port}"),
            Some(_) => authority.as_str().to_owned(),
        };
        Ok(Target {
            scheme,
            authority,
            network: "tcp",
            address,
        })
    }

    /// Scheme and authority, as a URI.
    pub(crate) fn origin(&self) -> Uri {
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        Uri::from_parts(parts).expect("all parts are there")
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Its host, and its port: what a resolver is asked for, and what it leaves open.
    pub(crate) fn host_and_port(&self) -> Result<(&str, u16)> {
        let (host, port) = self.address.rsplit_once(':').unwrap_or((&self.address, ""));
        let port = port.parse().map_err(|_| {
            let problem = format!("no port: {port:?}");
            Error::invalid(Operation::Parse, problem).with_address(&self.address)
        })?;
        Ok((host.trim_matches(['[', ']']), port))
    }
}

/// One of the addresses that a target has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// The target's own, which the dialer resolves.
    AsTyped,
    Resolved(SocketAddr),
}

impl Address {
    /// Says in an error which address of the target it is about.
    pub(crate) fn describe(&self, error: Error, target: &Target) -> Error {
        let error = error
            .with_operation(Operation::Dial)
            .with_network(target.network)
            .with_address(&target.address);
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
            assert_eq!((target.network, &*target.address), (network, address));
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
        ] {
            let error = Target::parse(uri).expect_err(uri);
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
        }
    }
}
