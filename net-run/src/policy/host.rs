use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::cidr::Cidr;
use super::name::{Name, NamePattern};
use super::ports::PortRange;

/// The hosts that a rule matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HostPattern {
    Any,
    /// In its canonical form.
    Address(IpAddr),
    Block(Cidr),
    /// The name, 127.0.0.1 and `::1`.
    Localhost,
    Name(Name),
    /// The names below one.
    Below(Name),
}

impl HostPattern {
    /// Whether an address in its canonical form is one of the hosts.
    pub(super) fn contains(&self, ip: IpAddr) -> bool {
        match self {
            HostPattern::Any => true,
            HostPattern::Address(address) => *address == ip,
            HostPattern::Block(block) => block.contains(ip),
            HostPattern::Localhost => ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST,
            HostPattern::Name(_) | HostPattern::Below(_) => false,
        }
    }

    pub(super) fn matches(&self, name: &Name) -> bool {
        match self {
            HostPattern::Any => true,
            HostPattern::Localhost => name.as_str() == "localhost",
            HostPattern::Name(exact) => name == exact,
            HostPattern::Below(suffix) => name.is_below(suffix),
            HostPattern::Address(_) | HostPattern::Block(_) => false,
        }
    }

    /// Whether the hosts are given by name.
    pub(super) fn is_named(&self) -> bool {
        matches!(
            self,
            HostPattern::Localhost | HostPattern::Name(_) | HostPattern::Below(_)
        )
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Any => f.write_str("*"),
            HostPattern::Address(ip @ IpAddr::V6(_)) => write!(f, "[{ip}]"),
            HostPattern::Address(ip) => ip.fmt(f),
            HostPattern::Block(block) if block.is_ipv6() => write!(f, "[{block}]"),
            HostPattern::Block(block) => block.fmt(f),
            HostPattern::Localhost => f.write_str("localhost"),
            HostPattern::Name(name) => name.fmt(f),
            HostPattern::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

/// Parses `host[:port[-port]]`; otherwise returns what is wrong.
pub(super) fn parse(text: &str) -> Result<(HostPattern, PortRange), String> {
    let (host, ports) = split(text)?;
    let ports = ports.map_or(Ok(PortRange::ALL), PortRange::parse)?;
    Ok((parse_host(host)?, ports))
}

fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if text.is_empty() {
        return Err("empty rule".into());
    }
    if text.contains("://") {
        return Err("a rule is host[:port], with no scheme and no path".into());
    }
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or("missing ']'")?;
        if !host.contains(':') {
            return Err("only an IPv6 address may be in brackets".into());
        }
        return match rest.strip_prefix(':') {
            Some(ports) => Ok((host, Some(ports))),
            None if rest.is_empty() => Ok((host, None)),
            None if rest.starts_with('/') => {
                Err("the prefix length belongs inside the brackets".into())
            }
            None => Err("unexpected text after ']'".into()),
        };
    }
    match text.split_once(':') {
        Some(("", _)) if !text.starts_with("::") => {
            Err("no host before the colon, write * for every host".into())
        }
        // More than one colon: an IPv6 address, which has a port in brackets only.
        Some((host, ports)) if !ports.contains(':') => Ok((host, Some(ports))),
        _ => Ok((text, None)),
    }
}

fn parse_host(host: &str) -> Result<HostPattern, String> {
    if host.contains('%') {
        return Err("a rule applies to every zone, leave out the % and what follows".into());
    }
    if host.contains('/') {
        let block = Cidr::parse(host)?;
        return Ok(block
            .single()
            .map_or(HostPattern::Block(block), HostPattern::Address));
    }
    if host.contains(':') {
        let ip: Ipv6Addr = host.parse().map_err(|_| {
            format!("invalid IPv6 address {host:?} (before a port it needs brackets)")
        })?;
        return Ok(HostPattern::Address(ip.to_canonical()));
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return Ok(HostPattern::Address(ip.into()));
    }
    Ok(match NamePattern::parse(host)? {
        NamePattern::Any => HostPattern::Any,
        NamePattern::Exact(name) if name.as_str() == "localhost" => HostPattern::Localhost,
        NamePattern::Exact(name) => HostPattern::Name(name),
        NamePattern::Below(suffix) => HostPattern::Below(suffix),
    })
}
