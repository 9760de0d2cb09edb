//! Options as a URL.

use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::{Error, Opts, Result};

const DEFAULT_PORT: u16 = 3306;

/// Its errors name parts of the URL that cannot hold a password.
pub(crate) fn parse(text: &str) -> Result<Opts> {
    let url = Url::parse(text).map_err(|error| Error::usage(format!("no URL: {error}")))?;
    if !matches!(url.scheme(), "mysql" | "mariadb") {
        return Err(Error::usage("a URL of a database begins with mysql://"));
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

fn address(url: &Url) -> Result<String> {
    let port = url.port().unwrap_or(DEFAULT_PORT);
    match url.host() {
        // `url` leaves hosts of schemes that it does not know encoded.
        Some(Host::Domain(host)) => Ok(format!("{}:{port}", decode("host", host)?)),
        Some(host) => Ok(format!("{host}:{port}")),
        None => Ok(format!("localhost:{port}")),
    }
}

fn decode(what: &str, text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| Error::usage(format!("the URL's {what} is not UTF-8")))?;
    Ok(decoded.into_owned())
}

fn parameter(opts: Opts, name: &str, value: &str) -> Result<Opts> {
    let seconds = || number(name, value).map(Duration::from_secs);
    Ok(match name {
        "socket" => Opts {
            network: "unix",
            address: value.to_owned(),
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
        _ => return Err(Error::usage(format!("unknown parameter {name:?} in a URL"))),
    })
}

/// A number, or `true` and `false`.
fn number<T: FromStr>(name: &str, value: &str) -> Result<T> {
    let wrong = |_| Error::usage(format!("{value:?} does not fit the parameter {name:?}"));
    value.parse().map_err(wrong)
}
