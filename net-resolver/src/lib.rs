//! DNS over the sockets of any [`Backend`](net_traits::Backend).
//!
//! Where the host has no resolver, or only one that blocks, [`Dns`] queries the
//! DNS servers itself: A and AAAA in parallel, over UDP, and over TCP if the
//! response is truncated. Message format, cache and the parser of `/etc/hosts`
//! are those of hickory. The choice of servers, timeouts, retries and failover
//! are implemented here and follow `man 5 resolv.conf`.
//!
//! ```text
//! dns        Dns: the resolver
//! builder    its configuration
//! record     MX and SRV records
//! source     where servers and hosts come from: code, environment, files
//! settings   servers, search list, timeout, attempts
//! file       a file that is read again when it may have changed
//! hosts      /etc/hosts
//! name       parsing of domain names
//! search     the search list: the names that a relative name may stand for
//! lookup     one lookup: names, families, aliases, cache
//! answer     what a response says about a name
//! failover   which server is queried, and which one is next
//! server     a server's address and zone
//! exchange   one query to one server
//! failure    why a lookup failed
//! ```

mod answer;
mod builder;
mod dns;
mod exchange;
mod failover;
mod failure;
mod file;
mod hosts;
mod lookup;
mod name;
mod record;
mod search;
mod server;
mod settings;
mod source;

pub use builder::Builder;
pub use dns::Dns;
pub use record::{Mx, Srv};
