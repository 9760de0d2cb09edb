//! From the text of a name to the names to ask for.

use hickory_proto::rr::Name;

use crate::failure::Failure;
use crate::settings::Settings;

/// The longest name, as text without the final dot (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Reads a name; one in another script becomes its ASCII form (RFC 5891).
///
/// # Errors
///
/// That it can be no name, and why.
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
    let name = name.map_err(|error| Failure::BadName(format!("not a name: {error}")))?;
    if name.is_root() {
        return Err(Failure::BadName("empty name".into()));
    }
    if len(&name) > LONGEST_NAME {
        return Err(Failure::BadName("name of more than 253 bytes".into()));
    }
    Ok(name)
}

/// The absolute names that it may stand for, in the order in which to ask for
/// them (`man 5 resolv.conf`, `search` and `ndots`); perhaps none.
pub(crate) fn candidates(name: &Name, settings: &Settings) -> Vec<Name> {
    let mut as_it_is = name.clone();
    as_it_is.set_fqdn(true);
    if name.is_fqdn() {
        let asked = (!is_never_asked(name)).then_some(as_it_is);
        return asked.into_iter().collect();
    }
    let mut names: Vec<Name> = (settings.search.iter())
        .filter_map(|domain| name.clone().append_domain(domain).ok())
        .filter(|name| len(name) <= LONGEST_NAME)
        .collect();
    let dots = usize::from(name.num_labels()).saturating_sub(1);
    let place = if dots >= settings.ndots {
        0
    } else {
        names.len()
    };
    names.insert(place, as_it_is);
    names.retain(|name| !is_never_asked(name));
    names
}

/// How long it is as text, without the final dot.
fn len(name: &Name) -> usize {
    let labels = name.iter().map(|label| label.len() + 1);
    labels.sum::<usize>().saturating_sub(1)
}

/// Whether no server is asked for such names: there are none, or none in the
/// DNS (RFC 6761 §6.4, RFC 7686).
fn is_never_asked(name: &Name) -> bool {
    let last = name.iter().next_back().unwrap_or_default();
    [b"invalid".as_slice(), b"onion"]
        .iter()
        .any(|special| last.eq_ignore_ascii_case(special))
}

/// Names of this machine (RFC 6761 §6.3).
pub(crate) fn is_localhost(name: &Name) -> bool {
    let last = name.iter().next_back().unwrap_or_default();
    last.eq_ignore_ascii_case(b"localhost")
}
