/// How a runtime runs tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flavor {
    /// Tasks run on the thread that called [`Builder::block_on`](crate::runtime::Builder::block_on).
    /// `wasm32-wasip1` has no other.
    CurrentThread,
    /// Tasks run on several threads.
    MultiThread,
}
