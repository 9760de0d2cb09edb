/// Converts protocol names, each of 1 to 255 bytes (RFC 7301 §3.1).
pub(crate) fn protocols(names: &[&str]) -> Vec<Vec<u8>> {
    for name in names {
        let fits = (1..=255).contains(&name.len());
        assert!(
            fits,
            "the name of a protocol must have 1 to 255 bytes: {name:?}"
        );
    }
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}
