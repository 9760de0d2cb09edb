use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::RuleError;
use super::name::{Name, NamePattern};

const EXPECTED: &str = "a name, *.suffix or *, such as example.com";

/// A rule for looking up names: a name, `*.suffix` for its subdomains, or `*`.
///
/// It allows the lookup only. Connecting to the addresses needs a
/// [`NetRule`](super::NetRule).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRule(NamePattern);

impl NameRule {
    pub(super) fn covers(&self, name: &Name) -> bool {
        self.0.matches(name)
    }
}

impl FromStr for NameRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        let parsed = if bare.parse::<IpAddr>().is_ok() {
            Err("an address needs no lookup".into())
        } else if text.contains(':') {
            Err("a lookup has no port".into())
        } else {
            NamePattern::parse(text)
        };
        parsed
            .map(NameRule)
            .map_err(|problem| RuleError::new(text, problem, EXPECTED))
    }
}

impl fmt::Display for NameRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
