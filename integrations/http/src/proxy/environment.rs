use std::io;

use net_traits::{Error, Operation, Result};

use super::no_proxy::NoProxy;
use super::{Proxy, Route};
use crate::client::Key;

/// Which requests go by way of which proxy; see
/// [`Client::with_proxies`](crate::Client::with_proxies).
///
/// A proxy is named by a URL that begins with `http://`, `socks5://` or
/// `socks5h://`, with user and password if it wants them. An HTTP proxy is
/// asked for `http` URLs as such, and for a tunnel to what others name. A
/// SOCKS proxy looks names up, whichever of its two schemes is used.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    http: Option<Choice>,
    https: Option<Choice>,
    /// What is reached directly, if anything is.
    none: Option<NoProxy>,
}

/// A proxy, or what is wrong with it: told when it would be used.
type Choice = std::result::Result<Proxy, String>;

impl Proxies {
    /// No proxy at all.
    #[must_use]
    pub fn none() -> Self {
        Proxies::default()
    }

    /// One proxy for everything.
    ///
    /// ```
    /// let proxies = net_http::Proxies::all("socks5://127.0.0.1:1080")?;
    /// # let _ = proxies;
    /// # Ok::<(), net_traits::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the URL does not name a proxy.
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

    /// Those that the environment names: `http_proxy` and `https_proxy` for URLs
    /// of that scheme, `all_proxy` for both, `no_proxy` for what is reached
    /// directly; each in upper case, too.
    ///
    /// `no_proxy` is a list: `*`, names with the names below them, `.name` for
    /// those below alone, addresses, `address/bits`. This machine is always
    /// reached directly.
    ///
    /// Where `REQUEST_METHOD` is set, `HTTP_PROXY` may be a header of a request
    /// to a CGI program, and counts in lower case alone (CVE-2016-5385).
    ///
    /// A value that is no proxy fails the requests that it is for.
    #[must_use]
    pub fn from_env() -> Self {
        Proxies::from_variables(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Proxies::from_env), from other variables.
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

    pub(crate) fn route(&self, key: &Key) -> Route {
        let choice = if key.https { &self.https } else { &self.http };
        let is_near = |none: &NoProxy| none.covers(&key.address);
        match choice {
            None => Route::Direct,
            Some(_) if self.none.as_ref().is_some_and(is_near) => Route::Direct,
            Some(Ok(proxy)) => Route::By(proxy.clone()),
            Some(Err(problem)) => Route::Unknown(problem.clone()),
        }
    }
}
