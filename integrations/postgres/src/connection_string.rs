//! Parses libpq's connection strings: `key=value …` and URLs.
//!
//! Errors name positions and keys rather than the text there, since a misplaced part may be a
//! password, for example one with an unquoted blank, or with a slash in a URL.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use net_traits::{KeepAlive, SocketOption};
use percent_encoding::percent_decode_str;

use crate::config::{ChannelBinding, Config, LoadBalanceHosts, SslMode, TargetSessionAttrs};
use crate::{Error, Host, Result};

const DEFAULT_PORT: u16 = 5432;

/// Parameters by keyword; the last value of each counts.
type Parameters = BTreeMap<String, String>;

impl FromStr for Config {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let schemes = ["postgres://", "postgresql://"];
        let url = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
        let parameters = match url {
            Some(rest) => parse_url(rest)?,
            None => parse_pairs(text)?,
        };
        to_config(parameters)
    }
}

impl TryFrom<&str> for Config {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<&String> for Config {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<String> for Config {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

/// Parses `key = value …`. Values that contain blanks are in single quotes.
fn parse_pairs(text: &str) -> Result<Parameters> {
    let mut parameters = Parameters::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let key_and_value = rest.split_once('=');
        let key_and_value = key_and_value.map(|(key, after)| (key.trim_end(), after));
        let Some((key, after)) = key_and_value.filter(|(key, _)| is_key(key)) else {
            return Err(Error::config(format!(
                "expected KEY=VALUE at byte {}; a value that contains blanks must be in single quotes",
                text.len() - rest.len()
            )));
        };
        let (value, after) = parse_value(key, after.trim_start())?;
        parameters.insert(key.to_owned(), value);
        rest = after.trim_start();
    }
    Ok(parameters)
}

fn is_key(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    !text.is_empty() && text.chars().all(is_letter)
}

/// Returns a value, and the text after it. A backslash escapes the next character.
fn parse_value<'a>(key: &str, text: &'a str) -> Result<(String, &'a str)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut characters = text[usize::from(quoted)..].char_indices();
    while let Some((at, character)) = characters.next() {
        let end = at + usize::from(quoted);
        match character {
            '\\' => match characters.next() {
                Some((_, escaped)) => value.push(escaped),
                None => {
                    return Err(Error::config(format!(
                        "the value of {key} ends with a backslash"
                    )));
                }
            },
            '\'' if quoted => return Ok((value, &text[end + 1..])),
            blank if blank.is_whitespace() && !quoted => return Ok((value, &text[end..])),
            other => value.push(other),
        }
    }
    if quoted {
        return Err(Error::config(format!("missing closing quote of {key}")));
    }
    Ok((value, ""))
}

/// Parses what follows `postgres://`: `user:password@host:port,host/database?key=value&…`.
fn parse_url(text: &str) -> Result<Parameters> {
    let mut parameters = Parameters::new();
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    let (authority, database) = before.split_once('/').unwrap_or((before, ""));
    let (login, hosts) = match authority.rsplit_once('@') {
        Some((login, hosts)) => (login, hosts),
        None => ("", authority),
    };
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    for (key, value) in [("user", user), ("password", password), ("dbname", database)] {
        if !value.is_empty() {
            parameters.insert(key.to_owned(), decode(key, value)?);
        }
    }
    if !hosts.is_empty() {
        let (names, ports) = split_hosts(hosts)?;
        parameters.insert("host".to_owned(), names);
        parameters.insert("port".to_owned(), ports);
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| is_key(key)) else {
            return Err(Error::config("expected KEY=VALUE after `?` and `&`"));
        };
        let value = decode(key, value)?;
        parameters.insert(key.to_owned(), value);
    }
    Ok(parameters)
}

/// Splits `a:1,[::1]:2,c` into the lists `a,::1,c` and `1,2,`.
fn split_hosts(hosts: &str) -> Result<(String, String)> {
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[') {
            Some(rest) => match rest.split_once(']') {
                Some((name, "")) => (name, ""),
                Some((name, port)) if port.starts_with(':') => (name, &port[1..]),
                _ => return Err(Error::config("missing `]` after an IPv6 address")),
            },
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(decode("host", name)?);
        ports.push(port);
    }
    Ok((names.join(","), ports.join(",")))
}

fn decode(key: &str, text: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| Error::config(format!("{key} is not valid UTF-8")))?;
    Ok(decoded.into_owned())
}

fn to_config(parameters: Parameters) -> Result<Config> {
    let mut config = Config::default();
    let mut names = String::new();
    let mut addresses = String::new();
    let mut ports = String::new();
    let mut keepalive = KeepAlive::new();
    let mut keepalives = None;
    for (key, value) in parameters {
        match key.as_str() {
            "host" => names = value,
            "hostaddr" => addresses = value,
            "port" => ports = value,
            "user" => config.user = Some(value),
            "password" => config.password = Some(value),
            "dbname" => config.database = Some(value),
            "options" => config.options = Some(value),
            "application_name" => config.application_name = Some(value),
            "fallback_application_name" => {
                config.application_name.get_or_insert(value);
            }
            "client_encoding" => expect_utf8(&value)?,
            "sslmode" => config.ssl_mode = ssl_mode(&value)?,
            "channel_binding" => config.channel_binding = channel_binding(&value)?,
            "target_session_attrs" => config.target = target_session_attrs(&value)?,
            "load_balance_hosts" => config.load_balance = load_balance_hosts(&value)?,
            "connect_timeout" => {
                let seconds = number(&key, &value)?;
                // As in libpq, 0 disables the timeout.
                config.connect_timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            "keepalives" => keepalives = Some(number::<u64>(&key, &value)? != 0),
            "keepalives_idle" => keepalive.idle = seconds(&key, &value)?,
            "keepalives_interval" => keepalive.interval = seconds(&key, &value)?,
            "keepalives_count" | "keepalives_retries" => {
                let count = number(&key, &value)?;
                // As in libpq, 0 selects the system's default.
                keepalive.count = (count > 0).then_some(count);
            }
            _ => return Err(Error::config(format!("unknown parameter {key:?}"))),
        }
    }
    config.hosts = hosts(&names, &addresses, &ports)?;
    config.keepalive = match keepalives {
        Some(false) => Some(SocketOption::KeepAlive(None)),
        None if keepalive == KeepAlive::new() => None,
        _ => Some(SocketOption::KeepAlive(Some(keepalive))),
    };
    Ok(config)
}

/// Combines the three lists. A single port applies to every host.
fn hosts(names: &str, addresses: &str, ports: &str) -> Result<Vec<Host>> {
    let list = |text: &str| -> Vec<String> {
        let items = text.split(',').filter(|_| !text.is_empty());
        items.map(|item| item.trim().to_owned()).collect()
    };
    let (names, addresses, ports) = (list(names), list(addresses), list(ports));
    let count = names.len().max(addresses.len()).max(1);
    let fits = |len: usize| len == 0 || len == count;
    if !fits(names.len()) || !fits(addresses.len()) || !(fits(ports.len()) || ports.len() == 1) {
        return Err(Error::config(format!(
            "the numbers of hosts ({}), addresses ({}) and ports ({}) do not match",
            names.len(),
            addresses.len(),
            ports.len()
        )));
    }
    (0..count)
        .map(|at| {
            let address = addresses.get(at).filter(|address| !address.is_empty());
            let address = address.map(|text| ip_address(text)).transpose()?;
            let name = names.get(at).filter(|name| !name.is_empty());
            let name = match (name, address) {
                (Some(name), _) => name.clone(),
                (None, Some(address)) => address.to_string(),
                (None, None) => "localhost".to_owned(),
            };
            let port = ports.get(at).or(ports.first()).map_or("", String::as_str);
            Ok(Host {
                name,
                address,
                port: port_number(port)?,
            })
        })
        .collect()
}

fn ip_address(text: &str) -> Result<IpAddr> {
    let address = text.parse();
    address.map_err(|_| Error::config(format!("invalid hostaddr {text:?}: expected an IP address")))
}

fn port_number(text: &str) -> Result<u16> {
    if text.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    let port = text.parse();
    port.map_err(|_| {
        Error::config(
            "invalid port: expected 0 to 65535 (in the password of a URL, `/` is encoded as %2F and `@` as %40)",
        )
    })
}

fn number<T: FromStr>(key: &str, text: &str) -> Result<T> {
    let number = text.trim().parse();
    number.map_err(|_| Error::config(format!("invalid {key}={text}: expected a number")))
}

/// Parses seconds, where 0 selects the system's default as in libpq.
fn seconds(key: &str, text: &str) -> Result<Option<Duration>> {
    let seconds = number(key, text)?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
}

fn expect_utf8(value: &str) -> Result<()> {
    if ["utf8", "utf-8", "unicode", "auto"].contains(&value.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    let message = format!("unsupported client_encoding={value}: expected UTF-8");
    Err(Error::config(message))
}

/// Parses one of the values that a parameter supports.
fn word<T: Copy>(key: &str, value: &str, words: &[(&str, T)]) -> Result<T> {
    let found = words.iter().find(|(word, _)| *word == value);
    found.map(|&(_, meaning)| meaning).ok_or_else(|| {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Error::config(format!(
            "invalid {key}={value}: expected one of {}",
            known.join(", ")
        ))
    })
}

fn ssl_mode(value: &str) -> Result<SslMode> {
    let modes = [
        ("disable", SslMode::Disable),
        ("allow", SslMode::Allow),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
        ("verify-ca", SslMode::VerifyCa),
        ("verify-full", SslMode::VerifyFull),
    ];
    word("sslmode", value, &modes)
}

fn channel_binding(value: &str) -> Result<ChannelBinding> {
    let bindings = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    word("channel_binding", value, &bindings)
}

fn target_session_attrs(value: &str) -> Result<TargetSessionAttrs> {
    let targets = [
        ("any", TargetSessionAttrs::Any),
        ("read-write", TargetSessionAttrs::ReadWrite),
        ("read-only", TargetSessionAttrs::ReadOnly),
        ("primary", TargetSessionAttrs::Primary),
        ("standby", TargetSessionAttrs::Standby),
        ("prefer-standby", TargetSessionAttrs::PreferStandby),
    ];
    word("target_session_attrs", value, &targets)
}

fn load_balance_hosts(value: &str) -> Result<LoadBalanceHosts> {
    let orders = [
        ("disable", LoadBalanceHosts::Disable),
        ("random", LoadBalanceHosts::Random),
    ];
    word("load_balance_hosts", value, &orders)
}
