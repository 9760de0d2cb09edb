//! What a library relies on when it compiles.

use std::fmt::{Debug, Display};
use std::future::Future;
use std::sync::Arc;

use net_traits::{
    Address, Answer, Backend, BoxDialer, BoxListener, BoxNetwork, BoxPacketConn, BoxReadHalf,
    BoxStream, BoxWriteHalf, Control, Datagram, Dialer, Endpoint, EndpointKind, Error, Family,
    Host, HostName, HostPort, HostResolver, Interface, KeepAlive, Listener, MulticastGroup,
    Network, NetworkKind, Operation, OptionName, PacketConn, Port, Received, RecvFrom, Resolver,
    SendDatagram, ServiceName, SocketOption, SocketOptions, Stream, Timer, UnixAddress,
    UnsupportedOption,
};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::fake::{PipeDialer, PipeListener};

fn owned<T: Send + 'static>() {}
fn shared<T: Send + Sync + 'static + ?Sized>() {}
fn value<T: Send + Sync + Unpin + Clone + PartialEq + Debug + 'static>() {}
fn prints<T: Display + Debug>() {}
fn reads<T: AsyncRead + Unpin>() {}
fn writes<T: AsyncWrite + Unpin>() {}

#[test]
fn values_are_plain() {
    value::<Address>();
    value::<Answer>();
    value::<Control>();
    value::<Datagram<'static>>();
    value::<Endpoint>();
    value::<EndpointKind<'static>>();
    value::<Family>();
    value::<Host>();
    value::<HostName>();
    value::<HostPort>();
    value::<ServiceName>();
    value::<Interface>();
    value::<KeepAlive>();
    value::<MulticastGroup>();
    value::<NetworkKind>();
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
    prints::<Address>();
    prints::<Endpoint>();
    prints::<Error>();
    prints::<Host>();
    prints::<HostName>();
    prints::<HostPort>();
    prints::<ServiceName>();
    prints::<NetworkKind>();
    prints::<Operation>();
    prints::<OptionName>();
    prints::<Port>();
    prints::<UnixAddress>();
    prints::<UnsupportedOption>();
}

#[test]
fn erased_types_go_into_tasks() {
    owned::<BoxStream>();
    owned::<BoxReadHalf>();
    owned::<BoxWriteHalf>();
    shared::<BoxDialer>();
    shared::<BoxListener>();
    shared::<BoxNetwork>();
    shared::<BoxPacketConn>();
    shared::<Arc<dyn PacketConn>>();
    shared::<Arc<dyn Resolver>>();
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

#[test]
fn the_futures_of_a_socket_move_between_threads() {
    fn future<T: Send + Unpin + Debug + Future>() {}
    future::<RecvFrom<'static>>();
    future::<SendDatagram<'static>>();
}

/// A library that holds a dialer, a listener or a socket needs no bound of its
/// own to share it, print it or use it in a task; nor one to move a stream.
#[test]
fn the_traits_bring_the_bounds_that_libraries_need() {
    #[expect(dead_code, reason = "it compiles: that is the test")]
    fn library<D, L, N, S, P, T, B>(dialer: &D, listener: &L, network: &N, socket: &P)
    where
        D: Dialer,
        L: Listener,
        N: Network,
        S: Stream,
        P: PacketConn,
        T: Timer,
        B: Backend,
    {
        fn of<T: Send + Sync + Debug>() {}
        fn is_send(_: &impl Send) {}
        of::<D>();
        of::<L>();
        of::<N>();
        of::<N::Listener>();
        of::<N::PacketConn>();
        of::<P>();
        of::<T>();
        of::<B>();
        of::<HostResolver<B>>();
        owned::<D::Stream>();
        owned::<L::Stream>();
        owned::<S>();
        owned::<S::ReadHalf>();
        owned::<S::WriteHalf>();
        shared::<B>();
        shared::<B::Listener>();
        shared::<B::PacketConn>();
        is_send(&dialer.dial("tcp", "h:1"));
        is_send(&listener.accept());
        is_send(&network.listen("tcp", "h:1"));
        is_send(&network.listen_packet("udp", "h:1"));
        is_send(&network.dial_packet("udp", "h:1"));
        is_send(&network.lookup("h"));
        is_send(&socket.send(b""));
    }
}

/// What was typed at once may be dropped while the connection is made.
#[test]
fn a_dial_does_not_hold_its_text() {
    let dialer = PipeDialer::default();
    let dial = {
        let (network, address) = (String::from("tcp"), String::from("h:1"));
        dialer.dial(&network, &address)
    };
    drop(dial);
}
