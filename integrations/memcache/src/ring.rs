//! Which server a key belongs to: consistent hashing as libmemcached's
//! "ketama weighted" does it, so that clients in other languages agree.

use md5::{Digest, Md5};

/// Each digest makes four points.
const POINTS_PER_DIGEST: f32 = 4.0;
/// Points of a server of average weight.
const POINTS_PER_SERVER: f32 = 160.0;
/// A server at this port is known to the ring by its host alone.
const DEFAULT_PORT: &str = "11211";

/// Points on a circle of 32 bits, each with the index of its server.
#[derive(Debug)]
pub(crate) struct Ring(Vec<(u32, usize)>);

impl Ring {
    /// A ring of servers with their addresses and weights.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "libmemcached counts in floats, and who counts otherwise differs from it"
    )]
    pub(crate) fn new(servers: &[(String, u32)]) -> Self {
        let total: u64 = servers.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut points = Vec::new();
        for (index, (address, weight)) in servers.iter().enumerate() {
            let share = *weight as f32 / total as f32;
            let digests = share * POINTS_PER_SERVER / POINTS_PER_DIGEST * servers.len() as f32;
            let digests = ((f64::from(digests) + 1e-10) as f32).floor() as u32;
            let name = name(address);
            for n in 0..digests {
                let digest = Md5::digest(format!("{name}-{n}"));
                let quarters = digest.chunks_exact(4);
                points.extend(quarters.map(|quarter| (little_endian(quarter), index)));
            }
        }
        points.sort_unstable();
        Ring(points)
    }

    /// The server of a key, or the next one on the circle that will do.
    pub(crate) fn find(&self, key: &[u8], will_do: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = little_endian(&Md5::digest(key)[..4]);
        let start = self.0.partition_point(|(point, _)| *point < hash);
        let (before, after) = self.0.split_at(start);
        let mut around = after.iter().chain(before).map(|(_, index)| *index);
        around.find(|index| will_do(*index))
    }
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// What libmemcached calls a server: its host, and its port unless it is
/// memcached's own; a path has the port 0.
fn name(address: &str) -> String {
    let Some((host, port)) = address.rsplit_once(':').filter(|_| !is_unix(address)) else {
        return format!("{address}:0");
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if port == DEFAULT_PORT {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    }
}

/// Whether an address is that of a Unix socket.
pub(crate) fn is_unix(address: &str) -> bool {
    address.starts_with(['/', '@'])
}
