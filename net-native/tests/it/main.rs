//! What only a native program can be tested for.

mod conversions;
#[cfg(unix)]
mod inherited;
mod linger;
mod lookup;
mod multicast;
mod options;
mod pair;
mod peek;
#[cfg(unix)]
mod shutdown;
#[cfg(unix)]
mod unix;
mod waiting;
