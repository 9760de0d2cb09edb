//! What an answer says about a name, aliases followed (RFC 1034 §3.6.2).

use hickory_proto::op::{Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};

/// A chain of aliases is no longer than this.
const LONGEST_CHAIN: usize = 16;

/// What a message answers.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The name at the end of the chain of aliases.
    pub(crate) canonical: Name,
    /// What it has of the kind that was asked for.
    pub(crate) records: Vec<RData>,
}

/// Reads what a message says about the name and the kind that were asked for.
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
    /// What `read` makes of each record.
    pub(crate) fn all<T>(&self, read: impl Fn(&RData) -> Option<T>) -> Vec<T> {
        self.records.iter().filter_map(read).collect()
    }
}
