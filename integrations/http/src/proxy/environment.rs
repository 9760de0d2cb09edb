use std::io;

use net_traits::{Error, Operation, Result};

use super::no_proxy::NoProxy;
use super::{Proxy, Route};
use crate::origin::Origin;

/// The proxies of a client; see
/// [`Client::with_proxies`](crate::Client::with_proxies).
///
/// The URL of a proxy begins with `http://`, `socks5://` or `socks5h://`, and may
/// contain a user and a password. An HTTP proxy forwards requests for `http`
/// URLs, and tunnels `https` through `CONNECT`. A SOCKS proxy resolves names,
/// whichever of its two schemes is used.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    http: Option<Choice>,
    https: Option<Choice>,
    /// The hosts that are reached directly.
    none: Option<NoProxy>,
}

/// A proxy, or why its URL is invalid, which is reported when it would be used.
type Choice = std::result::Result<Proxy, String>;

impl Proxies {
    /// Uses no proxy.
    #[must_use]
    pub fn none() -> Self {
        Proxies::default()
    }

    /// Uses one proxy for all requests.
    ///
    /// ```
    /// let proxies = net_http::Proxies::all("socks5://127.0.0.1:1080")?;
    /// # let _ = proxies;
    /// # Ok::<(), net_traits::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](io::ErrorKind::InvalidInput) if
    /// the URL is not one of a proxy.
    pub fn all(url: &str) -> Result<Self> {
        let proxy = Proxy::parse(url).map_err(|problem| {
            let error = io::Error::new(io::ErrorKind::InvalidInput, problem);
            Error::new(Operation::Parse, error)
        })?;
        Ok(Proxies {
            http: Some(Ok(proxy.clone())),
            https: Some(Ok(proxy)),
            none: None,
        })
    }

    /// Uses the proxies of the environment: `http_proxy` and `https_proxy` for
    /// URLs of that scheme, `all_proxy` for both, and `no_proxy` for the hosts that
    /// are reached directly. Each may also be in upper case.
    ///
    /// `no_proxy` is a comma-separated list of `*`, `name` (which includes its
    /// subdomains), `.name` (only its subdomains), `address` and `address/bits`,
    /// all but the last optionally with a port. This machine is always reached
    /// directly.
    ///
    /// If `REQUEST_METHOD` is set, only the lower-case `http_proxy` is used, since
    /// `HTTP_PROXY` may be a header of a CGI request (CVE-2016-5385).
    ///
    /// Requests that would use an invalid proxy fail.
    #[must_use]
    pub fn from_env() -> Self {
        Proxies::from_variables(|name| std::env::var(name).ok())
    }

    /// Uses the proxies of other variables; see [`from_env`](Proxies::from_env).
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let find = |name: &str| {
            let upper = name.to_ascii_uppercase();
            let is_cgi = name == "http_proxy" && variable("REQUEST_METHOD").is_some();
            let names = [Some(name), (!is_cgi).then_some(upper.as_str())];
            let mut values = names.into_iter().flatten().filter_map(|name| {
                let value = variable(name)?.trim().to_owned();
                (!value.is_empty()).then(|| (name.to_owned(), value))
            });
            values.next()
        };
        let proxy = |name: &str| {
            let (name, value) = find(name).or_else(|| find("all_proxy"))?;
            Some(Proxy::parse(&value).map_err(|problem| format!("{name}: {problem}")))
        };
        let none = find("no_proxy").map_or_else(String::new, |(_, list)| list);
        Proxies {
            http: proxy("http_proxy"),
            https: proxy("https_proxy"),
            none: Some(NoProxy::parse(&none)),
        }
    }

    pub(crate) fn route(&self, origin: &Origin) -> Route {
        let choice = if origin.is_https() {
            &self.https
        } else {
            &self.http
        };
        let is_near = |none: &NoProxy| none.covers(origin.address());
        match choice {
            None => Route::Direct,
            Some(_) if self.none.as_ref().is_some_and(is_near) => Route::Direct,
            Some(Ok(proxy)) => Route::Through(proxy.clone()),
            Some(Err(problem)) => Route::Invalid(problem.clone()),
        }
    }
}
