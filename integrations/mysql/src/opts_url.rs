//! Parses options from a URL. Errors name only the parts that cannot contain a password.

use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::address::Address;
use crate::{Error, Opts, Result};

const DEFAULT_PORT: u16 = 3306;

impl Opts {
    /// Parses a URL, `mysql://user:password@host:port/database?parameter=value`. Special
    /// characters in the user, the password and the database are percent-encoded.
    ///
    /// | parameter | sets | example |
    /// |---|---|---|
    /// | `socket` | [`unix`](Opts::unix), in place of host and port | `/run/mysqld/mysqld.sock` |
    /// | `connect_timeout` | [`with_connect_timeout`](Opts::with_connect_timeout), seconds | `10` |
    /// | `max_allowed_packet` | [`with_max_packet`](Opts::with_max_packet) | `67108864` |
    /// | `compression` | [`with_compression`](Opts::with_compression) | `fast`, `best`, `0` to `9`; `zstd` with that feature |
    /// | `stmt_cache_size` | [`with_statement_cache`](Opts::with_statement_cache) | `32` |
    /// | `client_found_rows` | [`with_found_rows`](Opts::with_found_rows) | `true` |
    /// | `charset` | [`with_charset`](Opts::with_charset) | `utf8mb4` |
    /// | `time_zone` | [`with_time_zone`](Opts::with_time_zone) | `%2B00:00` |
    /// | `pool_max` | [`with_pool_max`](Opts::with_pool_max) | `100` |
    /// | `pool_wait` | [`with_pool_wait`](Opts::with_pool_wait), seconds | `30` |
    /// | `inactive_connection_ttl` | [`with_max_idle`](Opts::with_max_idle), seconds | `300` |
    /// | `abs_conn_ttl` | [`with_max_age`](Opts::with_max_age), seconds | `3600` |
    /// | `reset_connection` | [`with_reset_connection`](Opts::with_reset_connection) | `false` |
    ///
    /// # Errors
    ///
    /// Returns [`Error::Usage`] if the URL is invalid, or has a parameter that is not in the
    /// table. The error does not contain the URL, which may contain a password.
    pub fn from_url(text: &str) -> Result<Self> {
        let url =
            Url::parse(text).map_err(|error| Error::usage(format!("invalid URL: {error}")))?;
        if !matches!(url.scheme(), "mysql" | "mariadb") {
            return Err(Error::usage("expected a URL that starts with mysql://"));
        }
        let mut opts = Opts::new(address(&url)?);
        if !url.username().is_empty() {
            opts = opts.with_user(decode("user", url.username())?);
        }
        if let Some(password) = url.password() {
            opts = opts.with_password(decode("password", password)?);
        }
        let database = url.path().trim_start_matches('/');
        if !database.is_empty() {
            opts = opts.with_database(decode("database", database)?);
        }
        for (name, value) in url.query_pairs() {
            opts = parameter(opts, &name, &value)?;
        }
        Ok(opts)
    }
}

impl TryFrom<&str> for Opts {
    type Error = Error;

    fn try_from(url: &str) -> Result<Self> {
        Opts::from_url(url)
    }
}

impl TryFrom<String> for Opts {
    type Error = Error;

    fn try_from(url: String) -> Result<Self> {
        Opts::from_url(&url)
    }
}

fn address(url: &Url) -> Result<String> {
    let port = url.port().unwrap_or(DEFAULT_PORT);
    match url.host() {
        // The crate `url` does not decode hosts of schemes that it does not know.
        Some(Host::Domain(host)) => Ok(format!("{}:{port}", decode("host", host)?)),
        Some(host) => Ok(format!("{host}:{port}")),
        None => Ok(format!("localhost:{port}")),
    }
}

fn decode(what: &str, text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded =
        decoded.map_err(|_| Error::usage(format!("the {what} in the URL is not valid UTF-8")))?;
    Ok(decoded.into_owned())
}

fn parameter(opts: Opts, name: &str, value: &str) -> Result<Opts> {
    let seconds = || number(name, value).map(Duration::from_secs);
    Ok(match name {
        "socket" => Opts {
            address: Address::Unix(value.to_owned()),
            ..opts
        },
        "connect_timeout" => opts.with_connect_timeout(seconds()?),
        "max_allowed_packet" => opts.with_max_packet(number(name, value)?),
        #[cfg(feature = "zstd")]
        "compression" if value == "zstd" => opts.with_zstd(),
        "compression" => opts.with_compression(match value {
            "fast" => 1,
            "best" => 9,
            level => number(name, level)?,
        }),
        "stmt_cache_size" => opts.with_statement_cache(number(name, value)?),
        "client_found_rows" => opts.with_found_rows(number(name, value)?),
        "charset" => opts.with_charset(value),
        "time_zone" => opts.with_time_zone(value),
        "pool_max" => opts.with_pool_max(number(name, value)?),
        "pool_wait" => opts.with_pool_wait(seconds()?),
        "inactive_connection_ttl" => opts.with_max_idle(seconds()?),
        "abs_conn_ttl" => opts.with_max_age(seconds()?),
        "reset_connection" => opts.with_reset_connection(number(name, value)?),
        _ => {
            return Err(Error::usage(format!(
                "unknown parameter {name:?} in the URL"
            )));
        }
    })
}

/// Parses a number, or `true` or `false`.
fn number<T: FromStr>(name: &str, value: &str) -> Result<T> {
    let wrong = |_| {
        Error::usage(format!(
            "invalid value {value:?} of the parameter {name:?} in the URL"
        ))
    };
    value.parse().map_err(wrong)
}
