//! What only a native program can be tested for.

#[cfg(unix)]
mod inherited;
