//! Connected sockets.

use net_native::{Native, Stream};
use net_traits::{Backend, Endpoint, Listener, SocketOptions};

pub(crate) fn endpoint(address: &str) -> Endpoint {
    address.parse().unwrap()
}

/// A stream that was dialed, and the one that was accepted from a listener with these options.
pub(crate) async fn tcp_with(listening: &SocketOptions) -> (Stream, Stream) {
    connect(&endpoint("127.0.0.1:0"), listening).await
}

pub(crate) async fn tcp() -> (Stream, Stream) {
    tcp_with(&SocketOptions::new()).await
}

pub(crate) async fn connect(at: &Endpoint, listening: &SocketOptions) -> (Stream, Stream) {
    let native = Native::new();
    let listener = native.listen(at, listening).await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = SocketOptions::new();
    let dialed = native.connect(&address, None, &options).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    (dialed, accepted)
}
