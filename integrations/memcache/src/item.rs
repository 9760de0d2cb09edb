use std::str::Utf8Error;

use bytes::Bytes;

/// What is stored at a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// The value.
    pub value: Bytes,
    /// A number of the application's own, stored with the value.
    pub flags: u32,
    /// Identifies this version of the item, for
    /// [`cas`](crate::Client::cas).
    pub cas: u64,
}

impl Item {
    /// The value as text.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn text(&self) -> Result<&str, Utf8Error> {
        str::from_utf8(&self.value)
    }
}

/// A value to store: bytes or text, and flags.
///
/// ```
/// use net_memcache::Value;
///
/// let plain = Value::from("hello");
/// let compressed = Value::from(&b"\x1f\x8b"[..]).with_flags(1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) flags: u32,
}

impl Value<'_> {
    /// Stores a number of the application's own with the value, which is 0
    /// otherwise.
    #[must_use]
    pub fn with_flags(mut self, flags: u32) -> Self {
        self.flags = flags;
        self
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Value<'a> {
    fn from(bytes: &'a T) -> Self {
        Value {
            bytes: bytes.as_ref(),
            flags: 0,
        }
    }
}

/// What became of a [`cas`](crate::Client::cas).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cas {
    /// The value is stored.
    Stored,
    /// Somebody else has changed the item since; nothing is stored.
    Changed,
    /// There is no such item any more; nothing is stored.
    Missing,
}
