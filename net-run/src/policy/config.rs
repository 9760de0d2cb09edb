//! A policy as it stands in a file.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use super::{ListenRule, NameRule, NetRule, Policy, PolicyError, RuleError, UnixRule};

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Config {
    allow_all: bool,
    allow_net: Rules<NetRule>,
    deny_net: Rules<NetRule>,
    allow_listen: Rules<ListenRule>,
    allow_unix: Rules<UnixRule>,
    allow_dns: Rules<NameRule>,
}

pub(super) fn from_toml(text: &str) -> Result<Policy, PolicyError> {
    Ok(toml::from_str::<Config>(text)?.into())
}

/// What of a manifest leads to a policy.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifest {
    package: Package,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Package {
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Metadata {
    net_run: Config,
}

pub(super) fn from_manifest(text: &str) -> Result<Policy, PolicyError> {
    Ok(toml::from_str::<Manifest>(text)?
        .package
        .metadata
        .net_run
        .into())
}

impl From<Config> for Policy {
    fn from(config: Config) -> Self {
        Policy {
            all: config.allow_all,
            allow_net: config.allow_net.0,
            deny_net: config.deny_net.0,
            allow_listen: config.allow_listen.0,
            allow_unix: config.allow_unix.0,
            allow_dns: config.allow_dns.0,
        }
    }
}

/// An array of rules, or a single one.
struct Rules<T>(Vec<T>);

impl<T> Default for Rules<T> {
    fn default() -> Self {
        Rules(Vec::new())
    }
}

impl<'de, T: FromStr<Err = RuleError>> Deserialize<'de> for Rules<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RulesVisitor(PhantomData))
    }
}

struct RulesVisitor<T>(PhantomData<T>);

impl<'de, T: FromStr<Err = RuleError>> Visitor<'de> for RulesVisitor<T> {
    type Value = Rules<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rule or an array of rules, each a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Rules<T>, E> {
        parse(text).map(|rule| Rules(vec![rule]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rules<T>, A::Error> {
        let mut rules = Vec::new();
        while let Some(text) = seq.next_element::<String>()? {
            rules.push(parse(&text)?);
        }
        Ok(Rules(rules))
    }
}

fn parse<T: FromStr<Err = RuleError>, E: de::Error>(text: &str) -> Result<T, E> {
    text.parse().map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_key_for_each_flag() {
        let policy = Policy::from_toml(
            r#"
            allow-net = ["example.com:443", "10.0.0.0/8"]
            deny-net = "10.0.0.5"
            allow-listen = ["127.0.0.1:8080"]
            allow-unix = "/run/app/"
            allow-dns = ["*.example.com"]
            "#,
        )
        .unwrap();
        let shown = |rules: &[NetRule]| rules.iter().map(NetRule::to_string).collect::<Vec<_>>();
        assert_eq!(shown(&policy.allow_net), ["example.com:443", "10.0.0.0/8"]);
        assert_eq!(shown(&policy.deny_net), ["10.0.0.5"]);
        assert_eq!(policy.allow_listen[0].to_string(), "127.0.0.1:8080");
        assert_eq!(policy.allow_unix[0].to_string(), "/run/app/");
        assert_eq!(policy.allow_dns[0].to_string(), "*.example.com");
        assert!(!policy.allows_all());
    }

    #[test]
    fn an_empty_file_denies_everything_and_allow_all_allows_it() {
        assert!(!Policy::from_toml("").unwrap().allows_all());
        assert!(Policy::from_toml("allow-all = true").unwrap().allows_all());
    }

    #[test]
    fn an_unknown_key_is_named_and_the_known_ones_are_listed() {
        let message = Policy::from_toml("allow-nett = []")
            .unwrap_err()
            .to_string();
        for part in [
            "allow-nett",
            "allow-all",
            "allow-net",
            "deny-net",
            "allow-listen",
            "allow-unix",
            "allow-dns",
        ] {
            assert!(message.contains(&format!("`{part}`")), "{message}");
        }
    }

    #[test]
    fn a_rule_that_is_none_is_quoted_with_its_line() {
        let text = "\nallow-net = [\"example.com\", \"example.com:\"]";
        let message = Policy::from_toml(text).unwrap_err().to_string();
        assert!(message.contains("line 2"), "{message}");
        assert!(message.contains("\"example.com:\": no port"), "{message}");
    }

    #[test]
    fn a_value_of_another_type_is_an_error() {
        for text in [
            "allow-net = 80",
            "allow-net = [80]",
            "allow-all = 'yes'",
            "allow-net",
        ] {
            assert!(Policy::from_toml(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_manifest_has_the_policy_in_a_table_of_its_package() {
        let text = "[package]\nname = 'a'\n[package.metadata.net-run]\nallow-net = 'example.com'";
        assert_eq!(Policy::from_manifest(text).unwrap().allow_net.len(), 1);
        let text = "[workspace]\nmembers = []";
        assert!(Policy::from_manifest(text).unwrap().allow_net.is_empty());
    }

    #[test]
    fn a_wrong_key_in_a_manifest_is_named() {
        let text = "[package.metadata.net-run]\nallow-nett = 'example.com'";
        let message = Policy::from_manifest(text).unwrap_err().to_string();
        assert!(message.contains("allow-nett"), "{message}");
    }
}
