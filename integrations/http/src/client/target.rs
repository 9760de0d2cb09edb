//! Where a request goes, and the form that its URL has on a connection.

use http::header::{AUTHORIZATION, HOST};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Uri};
use net_traits::Port;

use crate::Body;
use crate::credentials::Credentials;
use crate::origin::{self, InvalidUrl, Origin};

/// The schemes of requests, with their default ports.
const SCHEMES: [(&str, u16); 2] = [("http", 80), ("https", 443)];

/// Returns the origin of a request's URL.
pub(crate) fn origin_of(url: &Uri) -> Result<Origin, InvalidUrl> {
    Origin::of(url, &SCHEMES)
}

/// The parts of a URL that a request needs.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) origin: Origin,
    /// Without user and password, and without the scheme's default port.
    authority: Authority,
    scheme: Scheme,
}

impl Target {
    /// Reads the URL of a request, and moves its user and password to the
    /// `Authorization` header, unless there is one.
    pub(crate) fn of(request: &mut Request<Body>) -> Result<Self, String> {
        let uri = request.uri();
        let (scheme, origin) = match (uri.scheme(), uri.authority()) {
            // RFC 9112 §3.2.3
            (None, Some(authority)) if request.method() == Method::CONNECT => {
                (Scheme::HTTP, Origin::at("http", authority, 80))
            }
            (scheme, _) => (scheme.cloned().unwrap_or(Scheme::HTTP), origin_of(uri)),
        };
        let origin = origin.map_err(|error| error.to_string())?;
        let authority = uri.authority().expect("its origin was read").clone();
        if let Some(user_info) = origin::user_info(&authority) {
            let credentials = Credentials::decode(user_info)
                .ok_or("the user and password of the URL are not UTF-8")?;
            let headers = request.headers_mut();
            headers.entry(AUTHORIZATION).or_insert(credentials.basic());
        }
        let bare = match origin.address().port {
            Port::Number(port) if SCHEMES.contains(&(origin.scheme(), port)) => authority.host(),
            _ => origin::without_user_info(&authority),
        };
        let authority = if bare.len() == authority.as_str().len() {
            authority
        } else {
            bare.parse().map_err(|_| "invalid host or port")?
        };
        Ok(Target {
            origin,
            authority,
            scheme,
        })
    }

    /// Shapes a request for an HTTP/2 connection (RFC 9113 §8.3.1).
    pub(crate) fn shape_for_http2(&self, request: &mut Request<Body>) {
        *request.version_mut() = http::Version::HTTP_2;
        *request.uri_mut() = self.absolute(request);
    }

    /// Shapes a request for an HTTP/1 connection (RFC 9112 §3.2).
    pub(crate) fn shape_for_http1(&self, request: &mut Request<Body>, to_proxy: bool) {
        if request.version() != http::Version::HTTP_10 {
            *request.version_mut() = http::Version::HTTP_11;
        }
        let host = HeaderValue::from_str(self.authority.as_str());
        let host = host.expect("an authority is ASCII");
        request.headers_mut().entry(HOST).or_insert(host);
        let uri = if request.method() == Method::CONNECT {
            let address = Authority::try_from(self.origin.address().to_string());
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
        uri.build().expect("all parts are valid")
    }
}

/// Returns the path and the query; the path is `/` if the URL has none.
fn path(request: &Request<Body>) -> PathAndQuery {
    let path = request.uri().path_and_query().cloned();
    path.unwrap_or_else(|| PathAndQuery::from_static("/"))
}
