/// The longest key that memcached takes, in bytes.
pub(crate) const MAX_KEY_BYTES: usize = 250;

/// What is wrong with a key, if anything: memcached splits lines at blanks, so
/// that a key with one would say something else. The key itself is not shown.
pub(crate) fn check(key: &[u8]) -> Result<(), String> {
    if key.is_empty() {
        return Err("the key is empty".to_owned());
    }
    if key.len() > MAX_KEY_BYTES {
        let length = key.len();
        return Err(format!(
            "the key has {length} bytes, at most {MAX_KEY_BYTES} are possible"
        ));
    }
    let splits = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
    match key.iter().position(splits) {
        None => Ok(()),
        Some(at) => Err(format!(
            "byte {at} of the key is {:#04x}, and keys have no blanks or control characters",
            key[at]
        )),
    }
}
