//! The examples are the files beside `src`; this library is empty.
