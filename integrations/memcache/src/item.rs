use std::str::Utf8Error;

use bytes::Bytes;

/// An item that is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// The value.
    pub value: Bytes,
    /// Flags that the application stored with the value.
    pub flags: u32,
    /// The version of the item, for [`cas`](crate::Client::cas).
    pub cas: u64,
}

impl Item {
    /// Returns the value as text.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not UTF-8.
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
    /// Sets the flags, which are the application's own. The default is 0.
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

/// The outcome of a [`cas`](crate::Client::cas).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cas {
    /// The value was stored.
    Stored,
    /// The item has been changed since; nothing was stored.
    Changed,
    /// The item does not exist any more; nothing was stored.
    Missing,
}
