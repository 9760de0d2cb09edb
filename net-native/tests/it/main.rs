//! What only a native program can be tested for.

#[cfg(unix)]
mod inherited;
#[cfg(unix)]
mod shutdown;
