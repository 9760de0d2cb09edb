//! Maps keys to servers: consistent hashing like "ketama weighted" of libmemcached, so that
//! clients in other languages agree.

use md5::{Digest, Md5};

use crate::address::libmemcached_name;

/// The number of points made from a digest.
const POINTS_PER_DIGEST: f32 = 4.0;
/// The number of points of a server of average weight.
const POINTS_PER_SERVER: f32 = 160.0;

/// Points on a circle of 32 bits, each with the index of its server.
#[derive(Debug)]
pub(crate) struct Ring(Vec<(u32, usize)>);

impl Ring {
    /// Creates a ring from the addresses and weights of servers.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "libmemcached computes with floats, and the results must be the same"
    )]
    pub(crate) fn new(servers: &[(String, u32)]) -> Self {
        let total: u64 = servers.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut points = Vec::new();
        for (index, (address, weight)) in servers.iter().enumerate() {
            let share = *weight as f32 / total as f32;
            let digests = share * POINTS_PER_SERVER / POINTS_PER_DIGEST * servers.len() as f32;
            let digests = ((f64::from(digests) + 1e-10) as f32).floor() as u32;
            let name = libmemcached_name(address);
            for n in 0..digests {
                let digest = Md5::digest(format!("{name}-{n}"));
                let quarters = digest.chunks_exact(4);
                points.extend(quarters.map(|quarter| (little_endian(quarter), index)));
            }
        }
        points.sort_unstable();
        Ring(points)
    }

    /// Returns the server of a key, or the next one on the circle that is acceptable.
    pub(crate) fn find(&self, key: &[u8], is_acceptable: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = little_endian(&Md5::digest(key)[..4]);
        let start = self.0.partition_point(|(point, _)| *point < hash);
        let (before, after) = self.0.split_at(start);
        let mut around = after.iter().chain(before).map(|(_, index)| *index);
        around.find(|index| is_acceptable(*index))
    }
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}
