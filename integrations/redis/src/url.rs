//! What a URL says about a server.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use redis::parse_redis_url;

use crate::error::{Result, invalid};

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

/// As whom, and to what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Password>,
    pub(crate) database: u32,
    pub(crate) client_name: Option<String>,
    pub(crate) resp3: bool,
    /// Of a cluster's replica: it shall answer what asks for data.
    pub(crate) read_only: bool,
}

/// It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(pub(crate) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Target {
    /// Reads a URL, or an address without anything else.
    pub(crate) fn parse_place(text: &str, default_port: u16) -> Result<Self> {
        let url = if text.contains("://") {
            text.to_owned()
        } else {
            format!("redis://{text}")
        };
        let target = Target::parse_with_port(&url, default_port)?;
        match target.network {
            "tcp" => Ok(target),
            _ => Err(invalid("its URL begins with redis:// or rediss://")),
        }
    }

    /// Reads the name of a master, or a URL that has it in place of the host.
    pub(crate) fn parse_master(text: &str) -> Result<Self> {
        let mut target = Target::parse_place(text, 0)?;
        match target.address.strip_suffix(":0") {
            Some(name) if !name.is_empty() => target.address = name.into(),
            _ => {
                return Err(invalid(
                    "a master's name is expected, without a port: sentinels know its address",
                ));
            }
        }
        Ok(target)
    }

    /// Reads a URL. Errors do not repeat it, since a password may be in it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Target::parse_with_port(text, DEFAULT_PORT)
    }

    fn parse_with_port(text: &str, default_port: u16) -> Result<Self> {
        let url = parse_redis_url(text).ok_or_else(|| {
            invalid("a URL is expected that begins with redis://, rediss:// or redis+unix://")
        })?;
        if url.fragment().is_some() {
            return Err(invalid("a Redis URL has no part behind \"#\""));
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
            ("unix", decode(url.path(), "path")?)
        } else {
            match url.path().trim_matches('/') {
                "" => {}
                path => login.database = database(path)?,
            }
            let host = url.host_str().unwrap_or_default();
            (
                "tcp",
                format!("{host}:{}", url.port().unwrap_or(default_port)),
            )
        };
        if unix && address.is_empty() {
            return Err(invalid("the URL has no path of a Unix socket"));
        }
        Ok(Target {
            network,
            address: address.into(),
            tls: matches!(url.scheme(), "rediss" | "valkeys"),
            login,
        })
    }
}

impl Login {
    /// A parameter of the URL's query.
    fn set(&mut self, name: &str, value: Cow<'_, str>, unix: bool) -> Result<()> {
        match name {
            "protocol" => {
                self.resp3 = match &*value {
                    "resp2" | "2" => false,
                    "resp3" | "3" => true,
                    _ => return Err(invalid("protocol is resp2 or resp3")),
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
        .map_err(|_| invalid("the database is a number from 0 on"))
}

/// Takes the percent signs out.
fn decode(text: &str, what: &str) -> Result<String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| invalid(format!("the {what} in the URL is no UTF-8")))
}
