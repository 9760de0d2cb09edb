//! The slots of keys, and the nodes that serve them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use redis::{Value, from_redis_value};

use crate::address::seen_from;
use crate::error::{Result, protocol};

/// The number of slots of a cluster.
const COUNT: u16 = 16384;
/// The maximum number of replicas that are remembered per slot.
const MAX_REPLICAS: usize = 64;

/// Returns the slot of a key: of its hash tag, the part in the first braces, if that is not empty.
pub(crate) fn slot_of(key: &[u8]) -> u16 {
    crc16(hash_tag(key).unwrap_or(key)) % COUNT
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|&byte| byte == b'{')?;
    let rest = &key[open + 1..];
    let close = rest.iter().position(|&byte| byte == b'}')?;
    (close > 0).then(|| &rest[..close])
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc: u16, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    })
}

/// Which nodes serve which slots, as reported by a node.
#[derive(Debug, Default)]
pub(crate) struct SlotMap {
    /// In order, and without overlap unless the node is faulty.
    ranges: Vec<Range>,
    /// Slots that have moved since.
    moved: HashMap<u16, Arc<str>>,
}

#[derive(Debug)]
struct Range {
    first: u16,
    last: u16,
    master: Arc<str>,
    replicas: Vec<Arc<str>>,
}

impl SlotMap {
    /// Parses the reply to `CLUSTER SLOTS` of the node at `origin`.
    pub(crate) fn parse(answer: Value, origin: &str) -> Result<Self> {
        let entries = answer.into_sequence().map_err(|_| strange())?;
        if entries.len() > usize::from(COUNT) {
            return Err(strange());
        }
        let ranges = entries.into_iter().map(|entry| Range::parse(entry, origin));
        let mut ranges = ranges.collect::<Result<Vec<_>>>()?;
        ranges.sort_by_key(|range| range.first);
        Ok(SlotMap {
            ranges,
            moved: HashMap::new(),
        })
    }

    fn range(&self, slot: u16) -> Option<&Range> {
        let behind = self.ranges.partition_point(|range| range.first <= slot);
        let range = self.ranges.get(behind.checked_sub(1)?)?;
        (slot <= range.last).then_some(range)
    }

    pub(crate) fn master(&self, slot: u16) -> Option<&Arc<str>> {
        let master = || Some(&self.range(slot)?.master);
        self.moved.get(&slot).or_else(master)
    }

    pub(crate) fn replicas(&self, slot: u16) -> &[Arc<str>] {
        match self.range(slot) {
            Some(range) if !self.moved.contains_key(&slot) => &range.replicas,
            _ => &[],
        }
    }

    /// Records that a slot has moved to another node.
    pub(crate) fn move_to(&mut self, slot: u16, address: Arc<str>) {
        if slot < COUNT {
            self.moved.insert(slot, address);
        }
    }

    pub(crate) fn masters(&self) -> BTreeSet<Arc<str>> {
        let masters = self.ranges.iter().map(|range| &range.master);
        masters.chain(self.moved.values()).cloned().collect()
    }

    pub(crate) fn nodes(&self) -> BTreeSet<Arc<str>> {
        let mut nodes = self.masters();
        let replicas = self.ranges.iter().flat_map(|range| &range.replicas);
        nodes.extend(replicas.cloned());
        nodes
    }
}

impl Range {
    fn parse(entry: Value, origin: &str) -> Result<Self> {
        let mut parts = entry.into_sequence().map_err(|_| strange())?.into_iter();
        let mut slot = || -> Result<u16> {
            let slot = from_redis_value(parts.next().ok_or_else(strange)?);
            let slot = slot.map_err(|_| strange())?;
            if slot < COUNT {
                Ok(slot)
            } else {
                Err(strange())
            }
        };
        let (first, last) = (slot()?, slot()?);
        let mut nodes = parts
            .take(MAX_REPLICAS)
            .map(|node| node_address(node, origin));
        let master = nodes.next().ok_or_else(strange)??;
        Ok(Range {
            first,
            last,
            master,
            replicas: nodes.collect::<Result<_>>()?,
        })
    }
}

/// Parses the address of a node: its host, its port, and more.
fn node_address(node: Value, origin: &str) -> Result<Arc<str>> {
    let mut parts = node.into_sequence().map_err(|_| strange())?.into_iter();
    let mut next = || parts.next().ok_or_else(strange);
    let host: Option<String> = from_redis_value(next()?).map_err(|_| strange())?;
    let port = from_redis_value(next()?).map_err(|_| strange())?;
    Ok(seen_from(origin, host.as_deref().unwrap_or_default(), port))
}

fn strange() -> crate::Error {
    protocol("unexpected reply to CLUSTER SLOTS: expected ranges of slots with nodes")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use redis::Value;

    use super::{COUNT, SlotMap, crc16, slot_of};

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
    }

    #[test]
    fn what_is_in_braces_decides() {
        let slot = slot_of(b"user1000");
        assert_eq!(slot_of(b"{user1000}.following"), slot);
        assert_eq!(slot_of(b"a{user1000}b{other}"), slot);
        assert_eq!(slot_of(b"foo{{bar}}zap"), slot_of(b"{bar"));
        assert_ne!(slot_of(b"foo{}{bar}"), slot_of(b"bar"));
        assert_eq!(slot_of(b""), 0);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Nil),
            (-2i64..20_000).prop_map(Value::Int),
            "[a-z.:]{0,9}".prop_map(|text| Value::BulkString(text.into_bytes())),
        ];
        leaf.prop_recursive(4, 64, 5, |inner| {
            prop::collection::vec(inner, 0..5).prop_map(Value::Array)
        })
    }

    proptest! {
        #[test]
        fn any_answer_gives_a_map_or_an_error(answer in value()) {
            if let Ok(map) = SlotMap::parse(answer, "host:1") {
                for slot in [0, 1, COUNT - 1] {
                    let known = map.master(slot).is_none_or(|node| map.nodes().contains(node));
                    prop_assert!(known);
                }
            }
        }

        #[test]
        fn a_slot_is_where_its_range_says(first in 0..COUNT, length in 0..COUNT, slot in 0..COUNT) {
            let last = first.saturating_add(length).min(COUNT - 1);
            let text = |text: &str| Value::BulkString(text.into());
            let node = |host| Value::Array(vec![text(host), Value::Int(7)]);
            let range = vec![Value::Int(first.into()), Value::Int(last.into()), node("a"), node("b")];
            let answer = Value::Array(vec![Value::Array(range)]);
            let mut map = SlotMap::parse(answer, "host:1").unwrap();
            let inside = (first..=last).contains(&slot);
            prop_assert_eq!(map.master(slot).map(|node| &**node), inside.then_some("a:7"));
            prop_assert_eq!(map.replicas(slot).len(), usize::from(inside));
            map.move_to(slot, "c:7".into());
            prop_assert_eq!(map.master(slot).map(|node| &**node), Some("c:7"));
            prop_assert_eq!(map.replicas(slot).len(), 0);
        }
    }
}
