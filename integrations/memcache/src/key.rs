/// The maximum length of a key.
pub(crate) const MAX_KEY_BYTES: usize = 250;

/// Checks a key: memcached splits lines at blanks, so that a key with one would be taken for
/// something else. Errors do not contain the key.
pub(crate) fn check(key: &[u8]) -> Result<(), String> {
    if key.is_empty() {
        return Err("the key is empty".to_owned());
    }
    if key.len() > MAX_KEY_BYTES {
        let length = key.len();
        return Err(format!(
            "the key has {length} bytes, but at most {MAX_KEY_BYTES} are allowed"
        ));
    }
    let splits = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
    match key.iter().position(splits) {
        None => Ok(()),
        Some(at) => Err(format!(
            "byte {at} of the key is {:#04x}, but blanks and control characters are not allowed",
            key[at]
        )),
    }
}
