use std::fmt;

use crate::envelope::KeyValue;

/// The metadata of a request: names, each with one or more values.
///
/// Names are case-insensitive, as in containerd. Responses have no metadata.
///
/// ```
/// use net_ttrpc::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.insert("containerd-namespace-ttrpc", "default");
/// assert_eq!(metadata.get("Containerd-Namespace-Ttrpc"), Some("default"));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(String, String)>);

impl Metadata {
    /// Creates empty metadata.
    #[must_use]
    pub fn new() -> Self {
        Metadata::default()
    }

    /// Sets the value of a name, replacing any others.
    pub fn insert(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Appends a value to a name.
    pub fn append(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    /// Removes a name with all its values.
    pub fn remove(&mut self, name: &str) {
        self.0
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Returns the first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Returns all values of a name.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let of_name = move |(known, _): &(String, String)| known.eq_ignore_ascii_case(name);
        let values = self.0.iter().filter(move |pair| of_name(pair));
        values.map(|(_, value)| value.as_str())
    }

    /// Iterates over all names and values, in insertion order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns whether there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn from_wire(pairs: Vec<KeyValue>) -> Self {
        let pairs = pairs.into_iter();
        Metadata(pairs.map(|pair| (pair.key, pair.value)).collect())
    }

    pub(crate) fn into_wire(self) -> Vec<KeyValue> {
        let pairs = self.0.into_iter();
        pairs.map(|(key, value)| KeyValue { key, value }).collect()
    }
}

/// Omits the values, which may be secrets.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}
