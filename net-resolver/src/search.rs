//! The search list: the names that a relative name may stand for.

use hickory_proto::rr::Name;

use crate::name::{LONGEST_NAME, len};
use crate::settings::Settings;

/// Returns the absolute names that a name may stand for, in the order in which
/// to query them (`man 5 resolv.conf`, `search` and `ndots`); perhaps none.
pub(crate) fn candidates(name: &Name, settings: &Settings) -> Vec<Name> {
    let mut as_it_is = name.clone();
    as_it_is.set_fqdn(true);
    if name.is_fqdn() {
        let asked = (!is_never_queried(name)).then_some(as_it_is);
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
    names.retain(|name| !is_never_queried(name));
    names
}

/// Whether such names do not exist, or not in the DNS, so that no server is
/// queried (RFC 6761 §6.4, RFC 7686).
fn is_never_queried(name: &Name) -> bool {
    let last = name.iter().next_back().unwrap_or_default();
    [b"invalid".as_slice(), b"onion"]
        .iter()
        .any(|special| last.eq_ignore_ascii_case(special))
}
