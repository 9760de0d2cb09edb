use std::fmt;

use super::address::parse_numeric;

/// A host name in the one form in which names are compared: lower case,
/// without the dot at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    /// Parses a name; otherwise returns what is wrong.
    ///
    /// Only letters, digits, hyphens and underscores pass: resolvers turn some
    /// of the others, such as full-width digits, into an address.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let plain = text.strip_suffix('.').unwrap_or(text);
        if plain.is_empty() {
            return Err("no host".into());
        }
        if !plain.is_ascii() {
            return Err("a host name must be ASCII, write its xn-- form".into());
        }
        if plain.len() > 253 {
            return Err("a host name must have at most 253 characters".into());
        }
        if let Some(address) = parse_numeric(plain) {
            return Err(format!(
                "{plain:?} would be read as {address}, write that address"
            ));
        }
        for label in plain.split('.') {
            check_label(label)?;
        }
        if ends_in_a_number(plain) {
            return Err(format!(
                "{plain:?} is neither an IPv4 address nor a host name"
            ));
        }
        Ok(Name(plain.to_ascii_lowercase()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is below another, at any depth.
    pub(super) fn is_below(&self, suffix: &Name) -> bool {
        self.0
            .strip_suffix(suffix.as_str())
            .is_some_and(|head| head.ends_with('.'))
    }

    /// Whether the name never leaves this machine (RFC 6761 §6.3).
    pub(super) fn is_local(&self) -> bool {
        self.0 == "localhost" || self.0.ends_with(".localhost")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_label(label: &str) -> Result<(), String> {
    if label.is_empty() {
        return Err("empty label in the host name".into());
    }
    if label.len() > 63 {
        return Err(format!("label {label:?} is longer than 63 characters"));
    }
    let odd = |c: &char| !c.is_ascii_alphanumeric() && *c != '-' && *c != '_';
    if let Some(odd) = label.chars().find(odd) {
        return Err(format!("a host name cannot contain {odd:?}"));
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err(format!("label {label:?} starts or ends with a hyphen"));
    }
    Ok(())
}

/// No domain ends in a number (RFC 1123 §2.1). Libraries differ in what they
/// make of such a name, so it is none here.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default().as_bytes();
    match last {
        [b'0', b'x' | b'X', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

/// The names that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NamePattern {
    Any,
    Exact(Name),
    Below(Name),
}

impl NamePattern {
    /// Parses `*`, `*.suffix` or a name; otherwise returns what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(NamePattern::Any);
        }
        if let Some(suffix) = text.strip_prefix("*.") {
            return Name::parse(suffix).map(NamePattern::Below);
        }
        if text.contains('*') {
            return Err("a * must be alone or before the first dot".into());
        }
        Name::parse(text).map(NamePattern::Exact)
    }

    pub(super) fn matches(&self, name: &Name) -> bool {
        match self {
            NamePattern::Any => true,
            NamePattern::Exact(exact) => name == exact,
            NamePattern::Below(suffix) => name.is_below(suffix),
        }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NamePattern::Any => f.write_str("*"),
            NamePattern::Exact(name) => name.fmt(f),
            NamePattern::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        NamePattern::parse(pattern)
            .unwrap()
            .matches(&Name::parse(name).unwrap())
    }

    #[test]
    fn names_are_equal_in_any_case_and_with_a_dot_at_the_end() {
        assert!(matches("Example.COM.", "eXample.com"));
        assert!(matches("example.com", "EXAMPLE.com."));
        assert!(matches("*.Example.com.", "A.example.COM."));
        assert!(!matches("example.com", "example.org"));
    }

    #[test]
    fn a_suffix_is_matched_by_what_is_below_it_only() {
        assert!(matches("*.example.com", "a.example.com"));
        assert!(matches("*.example.com", "a.b.example.com"));
        assert!(!matches("*.example.com", "example.com"));
        assert!(!matches("*.example.com", "evilexample.com"));
        assert!(!matches("*.example.com", "example.com.evil.org"));
    }

    #[test]
    fn numbers_are_not_names() {
        for text in [
            "127.1",
            "0x7f.1",
            "2130706433",
            "1.2.3.4.5",
            "256.1.1.1",
            "a.0x7f",
            "09.1.1.1",
            "127.0.0.1.",
        ] {
            assert!(Name::parse(text).is_err(), "{text}");
        }
        assert!(Name::parse("1.example.com").is_ok());
        assert!(Name::parse("0x7f.example").is_ok());
    }

    #[test]
    fn only_letters_digits_hyphens_and_underscores_make_a_label() {
        for text in [
            "",
            ".",
            "a..b",
            ".a",
            "a..",
            "a b",
            "a\0",
            "a/b",
            "a:b",
            "é.com",
            "１２７.0.0.1",
            "-a",
            "a-",
            "a%b",
        ] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
        assert!(Name::parse("_dmarc.xn--bcher-kva.example").is_ok());
    }

    #[test]
    fn a_name_has_at_most_253_characters_in_labels_of_at_most_63() {
        let label = "a".repeat(63);
        let name = [label.as_str(); 4].join(".");
        assert!(Name::parse(&name).is_err());
        assert!(Name::parse(&name[2..]).is_ok());
        assert!(Name::parse(&name[1..]).is_err());
        assert!(Name::parse(&format!("a{label}")).is_err());
    }
}
