//! What a response says about a name, with aliases followed (RFC 1034 §3.6.2).

use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};

/// The maximum length of a chain of aliases.
const LONGEST_CHAIN: usize = 16;

/// What a response says about a name.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The name at the end of the chain of aliases.
    pub(crate) canonical: Name,
    /// Its records of the queried type.
    pub(crate) records: Vec<RData>,
}

/// Reads what a message says about the queried name and type.
pub(crate) fn read(message: &Message, query: &Query) -> Answered {
    let mut canonical = query.name().clone();
    if query.query_type() != RecordType::CNAME {
        for _ in 0..LONGEST_CHAIN {
            match alias_of(message, &canonical) {
                Some(target) => canonical = target.clone(),
                None => break,
            }
        }
    }
    let records = (message.answers.iter())
        .filter(|record| record.name == canonical && record.record_type() == query.query_type())
        .map(|record| record.data.clone())
        .collect();
    Answered { canonical, records }
}

fn alias_of<'a>(message: &'a Message, name: &Name) -> Option<&'a Name> {
    message
        .answers
        .iter()
        .find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == *name => Some(&target.0),
            _ => None,
        })
}

impl Answered {
    /// Maps the records with `read`, which skips one by `None`.
    pub(crate) fn all<T>(&self, read: impl Fn(&RData) -> Option<T>) -> Vec<T> {
        self.records.iter().filter_map(read).collect()
    }
}
