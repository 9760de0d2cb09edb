use std::fmt;

use crate::envelope::KeyValue;

/// What goes along with a request: names, each with one value or more.
///
/// Names are the same in lower and upper case, as in containerd. A server gets
/// what a client has set; nothing comes back with the response.
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
    /// Metadata without any name.
    #[must_use]
    pub fn new() -> Self {
        Metadata::default()
    }

    /// Sets the one value of a name.
    pub fn insert(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Adds a value to those of a name.
    pub fn append(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_ascii_lowercase(), value.into()));
    }

    /// Takes a name away, with all of its values.
    pub fn remove(&mut self, name: &str) {
        self.0
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// All values of a name.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let of_name = move |(known, _): &(String, String)| known.eq_ignore_ascii_case(name);
        let values = self.0.iter().filter(move |pair| of_name(pair));
        values.map(|(_, value)| value.as_str())
    }

    /// Every name with every value, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether there is no name.
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

/// The names alone: values may be secrets.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}
