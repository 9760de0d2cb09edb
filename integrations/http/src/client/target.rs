//! What a URL says about where its request goes.

use http::header::{AUTHORIZATION, HOST};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Uri};

use super::pool::Key;
use crate::Body;
use crate::proxy::basic;

/// The parts of a URL that a request needs.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) key: Key,
    /// Without user and password, nor the scheme's own port.
    authority: Authority,
    scheme: Scheme,
}

impl Target {
    /// Reads the URL, and moves user and password from it to the header
    /// `Authorization`, unless there is one.
    pub(crate) fn of(request: &mut Request<Body>) -> Result<Self, String> {
        let expected = "a URL that begins with http:// or https:// is expected";
        let (scheme, authority) = match (request.uri().scheme(), request.uri().authority()) {
            (Some(scheme), Some(authority)) => (scheme.clone(), authority.clone()),
            // The form of CONNECT (RFC 9112 §3.2.3).
            (None, Some(authority)) if request.method() == Method::CONNECT => {
                (Scheme::HTTP, authority.clone())
            }
            _ => return Err(expected.to_owned()),
        };
        let (https, own_port) = match scheme.as_str() {
            "http" => (false, "80"),
            "https" => (true, "443"),
            _ => return Err(expected.to_owned()),
        };
        let (user, place) = match authority.as_str().rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority.as_str()),
        };
        let host = authority.host();
        if host.is_empty() {
            return Err("the URL names no host".to_owned());
        }
        // The port stays a text: the dialer says what is wrong with one that is.
        let port = place.get(host.len()..).unwrap_or_default();
        let port = match port.strip_prefix(':') {
            None | Some("") => own_port,
            Some(port) => port,
        };
        let mut address = String::with_capacity(host.len() + 1 + port.len());
        address.extend([host, ":", port]);
        address.make_ascii_lowercase();
        let bare = if port == own_port { host } else { place };
        let bare = if bare.len() == authority.as_str().len() {
            authority.clone()
        } else {
            bare.parse().map_err(|_| expected.to_owned())?
        };
        if let Some(user) = user {
            let credentials = basic(user).ok_or("user and password of the URL are not text")?;
            let headers = request.headers_mut();
            headers.entry(AUTHORIZATION).or_insert(credentials);
        }
        Ok(Target {
            key: Key { https, address },
            authority: bare,
            scheme,
        })
    }

    /// Shapes a request for a connection of HTTP/2 (RFC 9113 §8.3.1).
    pub(crate) fn shape_for_http2(&self, request: &mut Request<Body>) {
        *request.version_mut() = http::Version::HTTP_2;
        *request.uri_mut() = self.absolute(request);
    }

    /// Shapes a request for a connection of HTTP/1 (RFC 9112 §3.2).
    pub(crate) fn shape_for_http1(&self, request: &mut Request<Body>, to_proxy: bool) {
        if request.version() != http::Version::HTTP_10 {
            *request.version_mut() = http::Version::HTTP_11;
        }
        let host = HeaderValue::from_str(self.authority.as_str());
        let host = host.expect("an authority is ASCII");
        request.headers_mut().entry(HOST).or_insert(host);
        let uri = if request.method() == Method::CONNECT {
            let address = Authority::try_from(self.key.address.as_str());
            let mut parts = http::uri::Parts::default();
            parts.authority = address.ok();
            Uri::from_parts(parts).expect("an authority alone")
        } else if to_proxy {
            self.absolute(request)
        } else {
            Uri::from(path(request))
        };
        *request.uri_mut() = uri;
    }

    fn absolute(&self, request: &Request<Body>) -> Uri {
        let uri = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path(request));
        uri.build().expect("each of its parts is one")
    }
}

/// With the slash that a URL such as `http://host?query` leaves out.
fn path(request: &Request<Body>) -> PathAndQuery {
    let path = request.uri().path_and_query().cloned();
    path.unwrap_or_else(|| PathAndQuery::from_static("/"))
}
