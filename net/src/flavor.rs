/// How a runtime runs tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flavor {
    /// On the thread that called [`Builder::block_on`](super::Builder::block_on): the only one there is
    /// on `wasm32-wasip1`.
    CurrentThread,
    /// On several threads.
    MultiThread,
}
