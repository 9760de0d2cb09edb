//! What a library relies on when it compiles.

use std::fmt::{Debug, Display};
use std::sync::Arc;

use net_traits::{
    Backend, BoxDialer, BoxListener, BoxReadHalf, BoxStream, BoxWriteHalf, Dialer, Endpoint, Error,
    Host, HostPort, KeepAlive, Listener, Network, Operation, OptionName, PacketConn, Port,
    Received, SocketOption, SocketOptions, Stream, Timer, UnixAddress, UnsupportedOption,
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::fake::{PipeDialer, PipeListener};

fn shared<T: Send + Sync + 'static + ?Sized>() {}
fn value<T: Send + Sync + Unpin + Clone + PartialEq + Debug + 'static>() {}
fn prints<T: Display + Debug>() {}
fn reads<T: AsyncRead + Unpin>() {}
fn writes<T: AsyncWrite + Unpin>() {}

#[test]
fn values_are_plain() {
    value::<Endpoint>();
    value::<Host>();
    value::<HostPort>();
    value::<KeepAlive>();
    value::<Network>();
    value::<Operation>();
    value::<OptionName>();
    value::<Port>();
    value::<Received>();
    value::<SocketOption>();
    value::<SocketOptions>();
    value::<UnixAddress>();
    value::<UnsupportedOption>();
}

#[test]
fn what_a_person_reads_prints() {
    prints::<Endpoint>();
    prints::<Error>();
    prints::<Host>();
    prints::<HostPort>();
    prints::<Network>();
    prints::<Operation>();
    prints::<OptionName>();
    prints::<Port>();
    prints::<UnixAddress>();
    prints::<UnsupportedOption>();
}

#[test]
fn erased_types_go_into_tasks() {
    shared::<BoxStream>();
    shared::<BoxReadHalf>();
    shared::<BoxWriteHalf>();
    shared::<BoxDialer>();
    shared::<BoxListener>();
    shared::<Arc<dyn Dialer<Stream = BoxStream>>>();
    shared::<Arc<dyn Listener<Stream = BoxStream>>>();
}

#[test]
fn erased_streams_are_streams() {
    fn stream<S: Stream<ReadHalf = BoxReadHalf, WriteHalf = BoxWriteHalf>>() {}
    stream::<BoxStream>();
    reads::<BoxStream>();
    reads::<BoxReadHalf>();
    writes::<BoxStream>();
    writes::<BoxWriteHalf>();
}

#[test]
fn an_error_is_one_that_anything_takes() {
    fn error<E: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
    error::<UnsupportedOption>();
    let _: Box<dyn std::error::Error + Send + Sync> =
        Error::invalid(Operation::Dial, "no good").into();
    let _: std::io::Error = Error::invalid(Operation::Dial, "no good").into();
}

#[test]
fn dialers_and_listeners_are_usable_as_objects() {
    fn dialer_is(_: impl Dialer) {}
    fn listener_is(_: impl Listener) {}
    let dialer: &dyn Dialer<Stream = crate::fake::Pipe> = &PipeDialer::default();
    let listener: &dyn Listener<Stream = crate::fake::Pipe> = &PipeListener::default();
    dialer_is(dialer);
    listener_is(listener);
}

/// A library that holds a dialer or a listener needs no bound of its own to
/// share it, print it or use it in a task.
#[test]
fn the_traits_bring_the_bounds_that_libraries_need() {
    #[expect(dead_code, reason = "it compiles: that is the test")]
    fn library<D, L, S, P, T, B>(dialer: &D, listener: &L, socket: &P)
    where
        D: Dialer,
        L: Listener,
        S: Stream,
        P: PacketConn,
        T: Timer,
        B: Backend,
    {
        fn of<T: Send + Sync + Debug>() {}
        fn is_send(_: &impl Send) {}
        of::<D>();
        of::<L>();
        of::<S>();
        of::<S::ReadHalf>();
        of::<S::WriteHalf>();
        of::<P>();
        of::<T>();
        of::<B>();
        shared::<D::Stream>();
        shared::<L::Stream>();
        shared::<S>();
        shared::<S::ReadHalf>();
        shared::<S::WriteHalf>();
        shared::<P>();
        shared::<B>();
        shared::<B::Listener>();
        is_send(&dialer.dial("tcp", "h:1"));
        is_send(&listener.accept());
        is_send(&socket.readable());
        is_send(&socket.writable());
    }
}
