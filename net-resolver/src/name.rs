//! Parsing of domain names.

use hickory_proto::rr::Name;

use crate::failure::Failure;

/// The longest name, as text without the trailing dot (RFC 1035 §2.3.4).
pub(crate) const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Parses a name; an internationalized one becomes its ASCII form (RFC 5891).
///
/// # Errors
///
/// Returns [`Failure::BadName`] if the name is invalid.
pub(crate) fn read(text: &str) -> Result<Name, Failure> {
    let problem = |problem: &str| Failure::BadName(format!("{problem} in a name"));
    let labels = text.strip_suffix('.').unwrap_or(text);
    if labels.is_empty() {
        return Err(Failure::BadName("empty name".into()));
    }
    if let Some(odd) = labels
        .chars()
        .find(|c| c.is_control() || c.is_whitespace() || *c == '\\')
    {
        return Err(problem(&format!("unexpected {odd:?}")));
    }
    let name = if labels.is_ascii() {
        if labels.split('.').any(str::is_empty) {
            return Err(problem("empty label"));
        }
        if labels.split('.').any(|label| label.len() > LONGEST_LABEL) {
            return Err(problem("label of more than 63 bytes"));
        }
        Name::from_ascii(text)
    } else {
        Name::from_utf8(text)
    };
    let name = name.map_err(|error| Failure::BadName(format!("invalid name: {error}")))?;
    if name.is_root() {
        return Err(Failure::BadName("empty name".into()));
    }
    if len(&name) > LONGEST_NAME {
        return Err(Failure::BadName("name of more than 253 bytes".into()));
    }
    Ok(name)
}

/// Returns the length as text, without the trailing dot.
pub(crate) fn len(name: &Name) -> usize {
    let labels = name.iter().map(|label| label.len() + 1);
    labels.sum::<usize>().saturating_sub(1)
}

/// Whether the name is `localhost` or below it (RFC 6761 §6.3).
pub(crate) fn is_localhost(name: &Name) -> bool {
    let last = name.iter().next_back().unwrap_or_default();
    last.eq_ignore_ascii_case(b"localhost")
}
