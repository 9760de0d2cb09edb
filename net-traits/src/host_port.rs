use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::{Error, Operation};

/// A host and a port as a person types them: `host:port`, `[v6]:port`,
/// `[v6%zone]:port`, `:port`, with a number or a service name as port.
///
/// Printing it and parsing it again gives the same value.
///
/// ```
/// use net_traits::{Host, HostPort};
///
/// let address: HostPort = "db.internal:postgresql".parse()?;
/// assert_eq!(address.host.to_string(), "db.internal");
/// assert_eq!(address.port.to_string(), "postgresql");
///
/// let address: HostPort = ":3000".parse()?;
/// assert_eq!(address.host, Host::Any);
///
/// // A host and a port that a program has apart need not be joined as text.
/// let address = HostPort::new("::1".parse::<Host>()?, 3000);
/// assert_eq!(address.to_string(), "[::1]:3000");
/// # Ok::<(), net_traits::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// What stands before the last colon, without brackets.
    pub host: Host,
    /// What stands after the last colon.
    pub port: Port,
}

/// The host part of a [`HostPort`]: parsed from text, or made from an
/// [`IpAddr`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// Nothing was typed: every local address to a listener, this machine to
    /// a dialer.
    Any,
    /// A literal IP address.
    #[non_exhaustive]
    Ip {
        /// The address.
        ip: IpAddr,
        /// The zone of an IPv6 address (RFC 4007 §11): an interface's name or
        /// index.
        zone: Option<String>,
    },
    /// A name, to be looked up.
    Name(HostName),
}

/// The port part of a [`HostPort`]: parsed from text, or made from a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Port {
    /// A number; 0 lets the system choose.
    Number(u16),
    /// A service's name, such as `http`.
    Service(ServiceName),
}

/// The name of a host, which was parsed as the [`Host`] of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostName(String);

/// The name of a service, which was parsed as the [`Port`] of an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServiceName(String);

macro_rules! name {
    ($type:ty) => {
        impl $type {
            /// Returns the name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name!(HostName);
name!(ServiceName);

impl HostPort {
    /// Joins a host and a port.
    pub fn new(host: impl Into<Host>, port: impl Into<Port>) -> Self {
        HostPort {
            host: host.into(),
            port: port.into(),
        }
    }
}

/// The zone of an IPv6 address is kept, by its index.
impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        let ip = address.ip().to_canonical();
        let zone = match address {
            SocketAddr::V6(v6) if v6.scope_id() != 0 && ip.is_ipv6() => {
                Some(v6.scope_id().to_string())
            }
            _ => None,
        };
        HostPort::new(Host::Ip { ip, zone }, address.port())
    }
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Self {
        Host::Ip { ip, zone: None }
    }
}

impl From<u16> for Port {
    fn from(number: u16) -> Self {
        Port::Number(number)
    }
}

impl FromStr for Port {
    type Err = Error;

    /// Parses a number or a service's name; the empty text is port 0.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// that has the text and says what is wrong with it.
    fn from_str(text: &str) -> Result<Self, Error> {
        parse_port(text)
            .map_err(|problem| Error::invalid(Operation::Parse, problem).with_address(text))
    }
}

impl FromStr for HostPort {
    type Err = Error;

    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// that has the text and says what was expected.
    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |problem: String| {
            Error::invalid(Operation::Parse, format!("{problem}, expected host:port"))
                .with_address(text)
        };
        let (host, port) = split(text).map_err(|problem| invalid(problem.to_owned()))?;
        Ok(HostPort {
            host: parse_host(host, text.starts_with('[')).map_err(invalid)?,
            port: parse_port(port).map_err(invalid)?,
        })
    }
}

impl FromStr for Host {
    type Err = Error;

    /// Parses a host without a port, an IPv6 address without brackets; the
    /// empty text is [`Host::Any`].
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// that has the text and says what is wrong with it.
    fn from_str(text: &str) -> Result<Self, Error> {
        parse_host(text, false)
            .map_err(|problem| Error::invalid(Operation::Parse, problem).with_address(text))
    }
}

/// Splits at the last colon and removes the brackets.
fn split(text: &str) -> Result<(&str, &str), &'static str> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or("missing ']'")?;
        let port = match rest.strip_prefix(':') {
            Some(port) => port,
            None if rest.is_empty() => return Err("missing port"),
            None => return Err("unexpected text after ']'"),
        };
        if has_bracket(host) || has_bracket(port) {
            return Err("unexpected bracket");
        }
        if has_colon(port) {
            return Err("too many colons");
        }
        return Ok((host, port));
    }
    let (host, port) = text.rsplit_once(':').ok_or("missing port")?;
    if has_colon(host) {
        return Err("too many colons (an IPv6 address needs brackets)");
    }
    if has_bracket(text) {
        return Err("unexpected bracket");
    }
    Ok((host, port))
}

fn has_bracket(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'[' | b']'))
}

fn has_colon(text: &str) -> bool {
    text.bytes().any(|byte| byte == b':')
}

fn parse_host(host: &str, bracketed: bool) -> Result<Host, String> {
    if host.is_empty() {
        return if bracketed {
            Err("no address in the brackets".into())
        } else {
            Ok(Host::Any)
        };
    }
    if let Some((literal, zone)) = host.split_once('%') {
        let ip: Ipv6Addr = literal
            .parse()
            .map_err(|_| format!("{literal:?} before the zone is not an IPv6 address"))?;
        if ip.to_ipv4_mapped().is_some() {
            return Err("an IPv4 address has no zone".into());
        }
        if zone.is_empty() || !zone.bytes().all(is_zone_byte) {
            return Err(format!("invalid zone {zone:?}"));
        }
        return Ok(Host::Ip {
            ip: ip.into(),
            zone: Some(zone.to_owned()),
        });
    }
    if let Ok(ip) = host.parse() {
        return Ok(Host::Ip { ip, zone: None });
    }
    if has_colon(host) {
        return Err(format!("{host:?} is not an IPv6 address"));
    }
    if let Some(odd) = host.chars().find(|c| {
        c.is_whitespace() || c.is_control() || matches!(c, '/' | '?' | '#' | '@' | '\\' | '[' | ']')
    }) {
        return Err(format!("a host name cannot contain {odd:?}"));
    }
    if ends_in_a_number(host) {
        return Err(format!("{host:?} is not an IPv4 address"));
    }
    Ok(Host::Name(HostName(host.to_owned())))
}

/// Characters of interface names and indices that need no quoting.
fn is_zone_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)
}

/// Returns whether a name's last label is a number, decimal or hexadecimal. No
/// domain ends like that, but C libraries read such a name as an IPv4 address in
/// one of its old spellings (`0x7f.1`), and each library knows other ones.
///
/// Source: the WHATWG URL Standard, "ends in a number checker".
fn ends_in_a_number(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default().as_bytes();
    let hexadecimal = match last {
        [b'0', b'x' | b'X', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        _ => false,
    };
    hexadecimal || (!last.is_empty() && last.iter().all(u8::is_ascii_digit))
}

fn parse_port(port: &str) -> Result<Port, String> {
    if port.is_empty() {
        return Ok(Port::Number(0));
    }
    if port.bytes().all(|b| b.is_ascii_digit()) {
        return port
            .parse()
            .map(Port::Number)
            .map_err(|_| format!("port {port} is not in 0 to 65535"));
    }
    let named = port
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_.+".contains(&b));
    // "-1" and "+80" look like numbers: no service is called so (RFC 6335 §5.1).
    if named && port.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Ok(Port::Service(ServiceName(port.to_owned())))
    } else {
        Err(format!(
            "{port:?} is neither a port number nor a service name"
        ))
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip {
                ip: IpAddr::V6(_), ..
            } => write!(f, "[{}]:{}", self.host, self.port),
            _ => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Any => Ok(()),
            Host::Ip { ip, zone: None } => ip.fmt(f),
            Host::Ip {
                ip,
                zone: Some(zone),
            } => write!(f, "{ip}%{zone}"),
            Host::Name(name) => name.fmt(f),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Port::Number(number) => number.fmt(f),
            Port::Service(name) => name.fmt(f),
        }
    }
}
