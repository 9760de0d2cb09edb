use std::fmt;

/// An invalid rule. The message quotes it, and says what is wrong and what was
/// expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    input: String,
    problem: String,
    expected: &'static str,
}

impl RuleError {
    pub(super) fn new(input: &str, problem: String, expected: &'static str) -> Self {
        RuleError {
            input: input.to_owned(),
            problem,
            expected,
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RuleError {
            input,
            problem,
            expected,
        } = self;
        write!(f, "{input:?}: {problem} (expected {expected})")
    }
}

impl std::error::Error for RuleError {}

/// An invalid policy file: not valid TOML, an unknown key, or an invalid rule.
/// The message has the position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError(toml::de::Error);

impl From<toml::de::Error> for PolicyError {
    fn from(error: toml::de::Error) -> Self {
        PolicyError(error)
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().trim_end())
    }
}

impl std::error::Error for PolicyError {}
