//! Arguments of calls: mostly such that a call gets far, else anything.

use std::net::TcpListener;
use std::path::Path;

use crate::guest_sockets::{DATA, words};
use crate::remote_guest::{FREE, MEMORY_LEN, RemoteGuest};

/// Marsaglia's xorshift64*, which gives the same numbers everywhere.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed.max(1))
    }

    pub(super) fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        u32::try_from(high).unwrap()
    }

    /// A number below another.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.next() % end
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.next() as usize % list.len()]
    }
}

/// What each parameter of a call is, one letter each.
const KINDS: &[(&str, &str)] = &[
    ("sock_open", "Fto"),
    ("sock_bind", "fap"),
    ("sock_connect", "fap"),
    ("sock_listen", "fn"),
    ("sock_accept/2", "fo"),
    ("sock_accept", "fwo"),
    ("sock_recv_from/7", "finaroo"),
    ("sock_recv_from", "finarooo"),
    ("sock_recv", "finroo"),
    ("sock_send_to", "finapzo"),
    ("sock_send", "finzo"),
    ("sock_shutdown", "fh"),
    ("sock_getlocaladdr", "faoo"),
    ("sock_getpeeraddr", "faoo"),
    ("sock_getsockopt", "flmoy"),
    ("sock_setsockopt", "flmoy"),
    ("sock_getaddrinfo", "NLNLHRno"),
    ("poll_oneoff", "SEno"),
    ("epoll_oneoff", "SEno"),
    ("fd_read", "gino"),
    ("fd_write", "gino"),
    ("fd_close", "g"),
    ("fd_fdstat_get", "fo"),
    ("fd_fdstat_set_flags", "gw"),
    ("fd_filestat_get", "fo"),
    ("fd_renumber", "gg"),
    ("clock_time_get", "nno"),
];

// Places of what is prepared, from the beginning of the free memory.
const IOVS: u32 = 0x000;
const ADDRESSES: u32 = 0x100;
const STORAGES: u32 = 0x200;
const NAMES: u32 = 0xc00;
const SIZES: u32 = 0xd00;
const HINTS: u32 = 0xe00;
const LIST: u32 = 0xe80;
const SUBSCRIPTIONS: u32 = 0x1000;
const RESULTS: u32 = 0x3000;
const IMAGE_LEN: usize = 0x4000;

/// A place for a result.
pub(super) const RESULT: u32 = FREE + RESULTS;

pub(super) struct Arguments {
    image: Vec<u8>,
    ports: Vec<u16>,
    addresses: u32,
}

impl Arguments {
    pub(super) fn new(folder: &Path) -> Self {
        // Free just now, and of this test.
        let listeners: Vec<_> = (0..6)
            .map(|_| TcpListener::bind("127.0.0.1:0").expect("a port"))
            .collect();
        let ports = listeners
            .iter()
            .map(|listener| listener.local_addr().expect("an address").port())
            .collect();
        let mut arguments = Arguments {
            image: vec![0; IMAGE_LEN],
            ports,
            addresses: 0,
        };
        arguments.prepare_buffers();
        arguments.prepare_addresses(folder);
        arguments.prepare_subscriptions();
        arguments
    }

    pub(super) fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// Puts what is prepared where earlier calls have spoilt it.
    pub(super) fn write(&self, guest: &mut RemoteGuest) {
        guest.write(FREE, &self.image);
    }

    /// An address of this machine and a port, as arguments.
    pub(super) fn place(&self, random: &mut Random) -> (u32, u32) {
        (FREE + ADDRESSES, random.one_of(&self.ports).into())
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        self.image[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    fn prepare_buffers(&mut self) {
        let end = MEMORY_LEN;
        self.put(
            IOVS,
            &words(&[
                DATA,
                64,
                DATA,
                0,
                DATA,
                10,
                DATA + 5,
                10,
                DATA + 1,
                1000,
                FREE + RESULTS,
                8, //
                end - 4,
                4,
                end - 4,
                5,
                end,
                0,
                end,
                1,
                u32::MAX,
                u32::MAX,
                0,
                100_000,
            ]),
        );
        self.put(
            NAMES,
            b"localhost\x00127.1\0example.com\0http\x0080\0\xff\xfe",
        );
        self.put(SIZES, &words(&[4, 8, 16, 0, 3, u32::MAX]));
        // Hints for streams, and a list of two nodes with room.
        self.put(HINTS, &[0, 0, 0, 2]);
        let list = FREE + LIST;
        self.put(LIST, &words(&[list + 8]));
        for (node, next) in [(LIST + 8, list + 80), (LIST + 80, 0)] {
            let at = FREE + node;
            self.put(
                node,
                &words(&[0, 0, 0, at + 28, 0, 0, next, 0, 28, at + 40]),
            );
        }
    }

    fn prepare_addresses(&mut self, folder: &Path) {
        let mut storages: Vec<(u32, Vec<u8>)> = Vec::new();
        storages.push((4, vec![127, 0, 0, 1]));
        storages.push((4, vec![0, 0, 0, 0]));
        storages.push((4, vec![10, 0, 0, 1]));
        let mut v6 = vec![0; 16];
        v6[15] = 1;
        storages.push((16, v6.clone()));
        let mut storage = vec![2, 0];
        storage.extend(&v6);
        storages.push((128, storage));
        storages.push((128, vec![1, 0, 127, 0, 0, 1]));
        storages.push((128, vec![0; 128]));
        storages.push((7, vec![0; 7]));
        let folder = folder.display();
        for path in [
            format!("{folder}/sockets/a"),
            format!("{folder}/sockets/b"),
            format!("{folder}/sockets/../outside"),
            "relative".to_owned(),
            "@hostile".to_owned(),
            "/".to_owned(),
        ] {
            let mut storage = vec![3, 0];
            storage.extend(path.bytes());
            storages.push((128, storage));
        }
        for (index, (len, bytes)) in (0..).zip(&storages) {
            let at = STORAGES + 128 * index;
            self.put(at, bytes);
            self.put(ADDRESSES + 8 * index, &words(&[FREE + at, *len]));
        }
        self.addresses = u32::try_from(storages.len()).unwrap();
    }

    /// The first is always a short time, so that most polls end.
    fn prepare_subscriptions(&mut self) {
        for index in 0..24_u32 {
            let at = SUBSCRIPTIONS + 48 * index;
            let tag = if index % 8 == 0 { 0 } else { 1 + index % 2 };
            let fd = (1 << 20) + index % 20;
            self.put(at, &words(&[index, 0, tag]));
            self.put(at + 16, &words(&[if tag == 0 { 1 } else { fd }]));
            self.put(at + 24, &words(&[index * 10_000]));
        }
    }

    /// Arguments for a call.
    pub(super) fn of(&self, call: &str, random: &mut Random) -> [u32; 9] {
        let kinds = KINDS.iter().find(|(name, _)| call.starts_with(name));
        let (_, kinds) = kinds.expect("every call is in the table");
        let mut args = [0; 9];
        for (arg, kind) in args.iter_mut().zip(kinds.bytes()) {
            *arg = if random.below(8) == 0 {
                anything(random)
            } else {
                self.fitting(kind, random)
            };
        }
        // The guest hears what to do by 0, and answers by 1.
        let guarded = kinds.bytes().filter(|kind| *kind == b'g').count();
        for arg in &mut args[..guarded] {
            if *arg < 2 {
                *arg = 2;
            }
        }
        // Files are WASI's own, where a wrong argument is a trap. A few do.
        let file = call.starts_with("fd_") && args[0] < 1 << 20;
        if file && random.below(1000) > 0 {
            for (arg, kind) in args.iter_mut().zip(kinds.bytes()).skip(1) {
                match kind {
                    b'i' => *arg = FREE + IOVS,
                    b'n' => *arg = 1,
                    b'w' => *arg = random.below(8),
                    b'o' => *arg = FREE + RESULTS + 8 * random.below(256),
                    _ => {}
                }
            }
        }
        args
    }

    fn fitting(&self, kind: u8, random: &mut Random) -> u32 {
        match kind {
            b'f' | b'g' => match random.below(10) {
                0 => random.below(6),
                1 => random.one_of(&[u32::MAX, 1 << 31, (1 << 20) - 1, 1 << 21]),
                _ => (1 << 20) + random.below(16),
            },
            b'F' => random.below(5),
            b't' | b'h' => random.below(4),
            b'a' => FREE + ADDRESSES + 8 * random.below(self.addresses),
            b'p' => match random.below(4) {
                0 => random.one_of(&[0, 65_536, u32::MAX]),
                _ => random.one_of(&self.ports).into(),
            },
            b'i' => FREE + IOVS + 8 * random.below(12),
            b'n' => random.one_of(&[0, 1, 1, 1, 2, 3, 6, 24, 1024, 1025]),
            b'r' => random.one_of(&[0, 0, 0, 1, 2, 3, 4]),
            b'z' => random.one_of(&[0, 0, 0, 1]),
            // Hardly a socket that waits, or every guest would be stopped.
            b'w' => random.one_of(&[0, 1]) * u32::from(random.below(100) == 0) + 4,
            b'l' => random.one_of(&[0, 0, 0, 6, 41, 0x6e65_7472, 1]),
            b'm' => random.one_of(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 26]),
            b'y' => random.one_of(&[4, 8, 16, FREE + SIZES, FREE + SIZES + 4, FREE + SIZES + 8]),
            b'N' => FREE + NAMES + random.one_of(&[0, 10, 16, 28, 33, 36]),
            b'L' => random.one_of(&[0, 1, 2, 3, 5, 9, 10, 11]),
            b'H' => FREE + HINTS,
            b'R' => FREE + LIST,
            b'S' => FREE + SUBSCRIPTIONS + 48 * 8 * random.below(3),
            b'E' | b'o' => FREE + RESULTS + 4 * random.below(512),
            _ => unreachable!("no such kind of parameter"),
        }
    }
}

/// A number that nobody expects.
fn anything(random: &mut Random) -> u32 {
    let number = random.next();
    match number % 8 {
        0 => 0,
        1 => u32::MAX - random.below(16),
        2 => MEMORY_LEN - random.below(64),
        3 => MEMORY_LEN + random.below(64),
        4 => FREE + random.below(0x4000),
        5 => 1 << random.below(32),
        6 => random.below(MEMORY_LEN),
        _ => random.next(),
    }
}
