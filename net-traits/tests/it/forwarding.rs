//! `&T`, `Box<T>` and `Arc<T>` are what `T` is.

use std::sync::Arc;

use net_traits::{Dialer, Listener, Stream};

use crate::fake::{Pipe, PipeDialer, PipeListener, at, pipe};

/// As a library takes it: by value, with the type of the streams known.
async fn dial(dialer: impl Dialer<Stream = Pipe>) {
    let stream = dialer.dial("tcp4", "h:7").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), at("127.0.0.1:2"));
    let error = dialer.dial("tcp", "refused:1").await.unwrap_err();
    assert_eq!(error.to_string(), "dial tcp refused:1: connection refused");
}

async fn accept(listener: impl Listener<Stream = Pipe>) {
    assert_eq!(listener.local_addr().unwrap(), at("127.0.0.1:3000"));
    let (_stream, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, at("192.0.2.1:9"));
    listener.accept().await.unwrap_err();
}

fn listener_with_one() -> PipeListener {
    let listener = PipeListener::default();
    let (near, _far) = pipe();
    listener
        .queue
        .lock()
        .unwrap()
        .push_back((near, at("192.0.2.1:9")));
    listener
}

#[tokio::test]
async fn a_reference_to_a_dialer_dials() {
    let dialer = PipeDialer::default();
    dial(&dialer).await;
    dial(&&dialer).await;
    assert_eq!(dialer.log.take().len(), 4);
}

#[tokio::test]
async fn a_dialer_in_a_box_dials() {
    let dialer = PipeDialer::default();
    dial(Box::new(dialer.clone())).await;
    let erased: Box<dyn Dialer<Stream = Pipe>> = Box::new(dialer.clone());
    dial(erased).await;
    assert_eq!(
        dialer.log.take(),
        [
            "dial tcp4 h:7",
            "dial tcp refused:1",
            "dial tcp4 h:7",
            "dial tcp refused:1"
        ]
    );
}

#[tokio::test]
async fn a_shared_dialer_dials() {
    let dialer = Arc::new(PipeDialer::default());
    dial(Arc::clone(&dialer)).await;
    let erased: Arc<dyn Dialer<Stream = Pipe>> = dialer.clone();
    dial(erased).await;
    assert_eq!(dialer.log.take().len(), 4);
}

#[tokio::test]
async fn a_shared_dialer_goes_into_a_task() {
    let dialer: Arc<dyn Dialer<Stream = Pipe>> = Arc::new(PipeDialer::default());
    tokio::spawn(dial(dialer)).await.unwrap();
}

#[tokio::test]
async fn a_reference_to_a_listener_accepts() {
    let listener = listener_with_one();
    accept(&listener).await;
}

#[tokio::test]
async fn a_listener_in_a_box_accepts() {
    accept(Box::new(listener_with_one())).await;
    let erased: Box<dyn Listener<Stream = Pipe>> = Box::new(listener_with_one());
    accept(erased).await;
}

#[tokio::test]
async fn a_shared_listener_accepts() {
    accept(Arc::new(listener_with_one())).await;
    let erased: Arc<dyn Listener<Stream = Pipe>> = Arc::new(listener_with_one());
    tokio::spawn(accept(erased)).await.unwrap();
}
