//! Parses URLs of servers.

use std::borrow::Cow;
use std::sync::Arc;

use redis::parse_redis_url;

use crate::address::join;
use crate::error::{Result, invalid};
use crate::login::{Login, Password};

pub(crate) const DEFAULT_PORT: u16 = 6379;
pub(crate) const SENTINEL_PORT: u16 = 26379;

/// Where a server is, and how to log in.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) network: &'static str,
    pub(crate) address: Arc<str>,
    pub(crate) tls: bool,
    pub(crate) login: Login,
}

impl Target {
    /// Parses a URL, or an address alone.
    pub(crate) fn parse_place(text: &str, default_port: u16) -> Result<Self> {
        let url = if text.contains("://") {
            text.to_owned()
        } else {
            format!("redis://{text}")
        };
        let target = Target::parse_with_port(&url, default_port)?;
        match target.network {
            "tcp" => Ok(target),
            _ => Err(invalid(
                "expected a URL that starts with redis:// or rediss://",
            )),
        }
    }

    /// Parses the name of a master, or a URL that contains it in place of the host.
    pub(crate) fn parse_master(text: &str) -> Result<Self> {
        let mut target = Target::parse_place(text, 0)?;
        match target.address.strip_suffix(":0") {
            Some(name) if !name.is_empty() => target.address = name.into(),
            _ => {
                return Err(invalid(
                    "expected a master's name without a port: the sentinels know its address",
                ));
            }
        }
        Ok(target)
    }

    /// Parses a URL. Errors do not contain it, since it may contain a password.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Target::parse_with_port(text, DEFAULT_PORT)
    }

    fn parse_with_port(text: &str, default_port: u16) -> Result<Self> {
        let url = parse_redis_url(text).ok_or_else(|| {
            invalid("expected a URL that starts with redis://, rediss:// or redis+unix://")
        })?;
        if url.fragment().is_some() {
            return Err(invalid("unexpected fragment (\"#\") in the URL"));
        }
        let mut login = Login {
            username: some(decode(url.username(), "user")?),
            password: match url.password() {
                Some(password) => Some(Password(decode(password, "password")?)),
                None => None,
            },
            ..Login::default()
        };
        let unix = matches!(url.scheme(), "unix" | "redis+unix" | "valkey+unix");
        for (name, value) in url.query_pairs() {
            login.set(&name, value, unix)?;
        }
        let (network, address) = if unix {
            ("unix", decode(url.path(), "path")?.into())
        } else {
            match url.path().trim_matches('/') {
                "" => {}
                path => login.database = database(path)?,
            }
            let host = url.host_str().unwrap_or_default();
            ("tcp", join(host, url.port().unwrap_or(default_port)))
        };
        if unix && address.is_empty() {
            return Err(invalid("missing path of the Unix socket in the URL"));
        }
        Ok(Target {
            network,
            address,
            tls: matches!(url.scheme(), "rediss" | "valkeys"),
            login,
        })
    }
}

impl Login {
    /// Sets a parameter of the URL's query.
    fn set(&mut self, name: &str, value: Cow<'_, str>, unix: bool) -> Result<()> {
        match name {
            "protocol" => {
                self.resp3 = match &*value {
                    "resp2" | "2" => false,
                    "resp3" | "3" => true,
                    _ => {
                        return Err(invalid(
                            "invalid protocol in the URL: expected resp2 or resp3",
                        ));
                    }
                }
            }
            "client_name" => self.client_name = some(value.into_owned()),
            "db" => self.database = database(&value)?,
            "user" if unix => self.username = some(value.into_owned()),
            "pass" if unix => self.password = Some(Password(value.into_owned())),
            _ => return Err(invalid(format!("unknown parameter {name:?} in the URL"))),
        }
        Ok(())
    }
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn database(text: &str) -> Result<u32> {
    text.parse()
        .map_err(|_| invalid("invalid database in the URL: expected a number"))
}

/// Percent-decodes a component.
fn decode(text: &str, what: &str) -> Result<String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| invalid(format!("the {what} in the URL is not valid UTF-8")))
}
