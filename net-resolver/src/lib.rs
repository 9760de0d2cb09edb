//! DNS over the sockets of any [`Backend`](net_traits::Backend).
//!
//! Where a program has no resolver of a system's, or none that does not block,
//! [`Dns`] asks the servers itself: A and AAAA at once, over UDP, and over TCP
//! where an answer is too long. Message format, cache and the file of hosts
//! are hickory's; which server is asked, for how long, and who is next when it
//! fails is written here, as `man 5 resolv.conf` has it.
//!
//! ```text
//! dns        Dns: the resolver
//! builder    how it asks
//! record     what names have besides addresses
//! source     where servers and hosts come from
//! settings   which servers, how long, how often
//! file       a file that is read again when it may have changed
//! hosts      what /etc/hosts says
//! name       from a text to the names to ask for
//! lookup     one lookup: names, families, aliases
//! answer     what a message answers
//! servers    which server is asked, and who is next
//! exchange   one question to one server
//! within     a limit in time
//! failure    why a lookup has failed
//! ```

mod answer;
mod builder;
mod dns;
mod exchange;
mod failure;
mod file;
mod hosts;
mod lookup;
mod name;
mod record;
mod servers;
mod settings;
mod source;
mod within;

pub use builder::Builder;
pub use dns::Dns;
pub use record::{Mx, Srv};
