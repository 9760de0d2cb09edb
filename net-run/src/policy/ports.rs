use std::fmt;

/// Ports from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    pub(super) const ALL: PortRange = PortRange {
        first: 0,
        last: u16::MAX,
    };

    /// Parses `port` or `port-port`; otherwise returns what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("no port after the colon, leave it out for every port".into());
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (parse_port(first)?, parse_port(last)?);
        if first > last {
            return Err(format!("the port range is reversed, write {last}-{first}"));
        }
        Ok(PortRange { first, last })
    }

    pub(super) fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    pub(super) fn is_all(self) -> bool {
        self == PortRange::ALL
    }
}

fn parse_port(text: &str) -> Result<u16, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("invalid port {text:?}"));
    }
    text.parse()
        .map_err(|_| format!("port {text} is not in 0 to 65535"))
}

/// As it stands behind a host: with its colon, or nothing for every port.
impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PortRange { first, last } = self;
        if self.is_all() {
            Ok(())
        } else if first == last {
            write!(f, ":{first}")
        } else {
            write!(f, ":{first}-{last}")
        }
    }
}
