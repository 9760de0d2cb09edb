//! What a backend has that supplies only what it must.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::time::Instant;

use net_traits::{
    Backend, Endpoint, Family, HostResolver, Inherited, InheritedSocket, Operation, OptionName,
    Resolver, SocketOptions, Timer, async_trait,
};

use crate::fake::{Log, Mailbox, Pipe, PipeListener, Switch, at, pipe};

/// A host without datagrams that knows one name.
#[derive(Debug, Clone, Default)]
struct Small {
    log: Log,
}

impl Timer for Small {
    type Sleep = Ready<()>;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, _deadline: Instant) -> Ready<()> {
        ready(())
    }
}

#[async_trait]
impl Backend for Small {
    type Stream = Pipe;
    type Listener = PipeListener;
    type PacketConn = Infallible;

    fn host(&self) -> &'static str {
        "a small host"
    }

    fn supports(&self, _option: OptionName) -> bool {
        false
    }

    async fn connect(
        &self,
        _remote: &Endpoint,
        _local: Option<&Endpoint>,
        _options: &SocketOptions,
    ) -> io::Result<Pipe> {
        Ok(pipe().0)
    }

    async fn listen(&self, _local: &Endpoint, _: &SocketOptions) -> io::Result<PipeListener> {
        Ok(PipeListener::default())
    }

    async fn packet(
        &self,
        _local: Option<&Endpoint>,
        _remote: Option<&Endpoint>,
        _options: &SocketOptions,
    ) -> io::Result<Infallible> {
        Err(ErrorKind::Unsupported.into())
    }

    async fn lookup(&self, name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
        self.log.add(format!("{name} {family:?}"));
        match name {
            "db.internal" => Ok(vec![[10, 0, 0, 7].into()]),
            _ => Err(ErrorKind::NotFound.into()),
        }
    }
}

fn refusal<T: std::fmt::Debug>(result: io::Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    error.to_string()
}

#[tokio::test]
async fn what_a_backend_does_not_supply_is_unsupported_and_names_the_host() {
    let backend = Small::default();
    assert_eq!(
        refusal(backend.source("192.0.2.1:80".parse().unwrap())),
        "source addresses are not supported by a small host"
    );
    assert_eq!(
        refusal(backend.zone_index("eth0")),
        "zones by an interface's name are not supported by a small host"
    );
    assert_eq!(
        refusal(backend.inherited(&SocketOptions::new())),
        "inherited sockets are not supported by a small host"
    );
    assert_eq!(
        refusal(backend.lookup_addr([10, 0, 0, 7].into()).await),
        "reverse lookups are not supported by a small host"
    );
}

#[tokio::test]
async fn a_backend_s_resolver_asks_its_host() {
    let backend = Small::default();
    let resolver = backend.resolver();
    let addresses = resolver.lookup("db.internal", Family::V4).await.unwrap();
    assert_eq!(addresses, [IpAddr::from([10, 0, 0, 7])]);
    assert_eq!(backend.log.take(), ["db.internal V4"]);
}

#[tokio::test]
async fn a_failed_lookup_of_the_host_names_what_was_looked_up() {
    let resolver = HostResolver::new(Small::default());
    let error = resolver.lookup("h.test", Family::Any).await.unwrap_err();
    assert_eq!(error.operation(), Operation::Lookup);
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.address(), Some("h.test"));
    assert_eq!(error.to_string(), "lookup h.test: entity not found");

    let address = [10, 0, 0, 7].into();
    let error = resolver.lookup_addr(address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "lookup 10.0.0.7: reverse lookups are not supported by a small host"
    );
}

#[test]
fn an_inherited_socket_is_taken_as_what_it_is() {
    type Socket = InheritedSocket<PipeListener, Mailbox>;
    let listener = || Inherited::new("http", Socket::Listener(PipeListener::default()));
    assert_eq!(listener().name, "http");
    assert!(listener().into_listener().is_some());
    assert!(listener().into_packet_conn().is_none());
    let socket = || Switch::default().socket(at("127.0.0.1:53"));
    let socket = || Inherited::new("", Socket::PacketConn(socket()));
    assert!(socket().into_packet_conn().is_some());
    assert!(socket().into_listener().is_none());
}
