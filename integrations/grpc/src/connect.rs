use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use net_traits::{Dialer, Error, Family, Operation, Resolver, Result, Stream};
use tokio::time::timeout;
use tonic::body::Body;

use crate::status;
use crate::target::{Address, Target};
use crate::tls::Tls;

/// How connections to a target are made.
#[derive(Debug)]
pub(crate) struct Connector<D> {
    pub(crate) dialer: D,
    pub(crate) target: Target,
    /// Without one, the dialer resolves.
    pub(crate) resolver: Option<Arc<dyn Resolver>>,
    pub(crate) timeout: Duration,
    pub(crate) tls: Option<Tls>,
    pub(crate) http2: Builder<TokioExecutor>,
}

impl<D: Dialer> Connector<D> {
    /// Opens a connection; its errors say to which address.
    pub(crate) async fn connect(&self, address: &Address) -> Result<Connection> {
        let connected = match timeout(self.timeout, self.open(address)).await {
            Ok(connected) => connected,
            Err(_) => Err(Error::timeout(Operation::Dial)),
        };
        connected.map_err(|error| address.describe(error, &self.target))
    }

    async fn open(&self, address: &Address) -> Result<Connection> {
        let Target {
            network,
            address: typed,
            ..
        } = &self.target;
        let stream = match address {
            Address::AsTyped => self.dialer.dial(network, typed).await?,
            Address::Resolved(address) => self.dialer.dial(network, &address.to_string()).await?,
        };
        match &self.tls {
            None => self.handshake(stream).await,
            Some(tls) => self.handshake(tls.connect(stream).await?).await,
        }
    }

    async fn handshake(&self, stream: impl Stream) -> Result<Connection> {
        let connecting = self.http2.handshake(TokioIo::new(stream));
        let (requests, connection) = connecting.await.map_err(|error| {
            let cause = io::Error::new(io::ErrorKind::ConnectionAborted, status::chain(&error));
            Error::new(Operation::Dial, cause)
        })?;
        let life = Arc::new(Life::default());
        let lived = Arc::clone(&life);
        // It ends by itself when nobody has requests or answers of it any more.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                let _ = lived.error.set(status::chain(&error));
            }
        });
        Ok(Connection { requests, life })
    }

    /// The addresses that the target has now.
    pub(crate) async fn lookup(&self) -> Result<Vec<Address>> {
        let Some(resolver) = &self.resolver else {
            return Ok(vec![Address::AsTyped]);
        };
        let (host, port) = self.target.host_and_port()?;
        let addresses = match host.parse::<IpAddr>() {
            Ok(literal) => vec![literal],
            Err(_) => resolver.lookup(host, Family::Any).await?,
        };
        if addresses.is_empty() {
            return Err(Error::new(Operation::Lookup, io::ErrorKind::NotFound).with_address(host));
        }
        let each = addresses.into_iter();
        let each = each.map(|ip| Address::Resolved(SocketAddr::new(ip, port)));
        Ok(each.collect())
    }
}

/// A connection of HTTP/2, for any number of calls at once.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) requests: SendRequest<Body>,
    life: Arc<Life>,
}

#[derive(Debug, Default)]
struct Life {
    answered: AtomicBool,
    error: OnceLock<String>,
}

impl Connection {
    pub(crate) fn is_closed(&self) -> bool {
        self.requests.is_closed()
    }

    /// Notes that the peer speaks gRPC, or at least HTTP/2.
    pub(crate) fn has_answered(&self) {
        self.life.answered.store(true, Ordering::Relaxed);
    }

    /// Why it failed: it was closed before the peer had answered anything.
    pub(crate) fn failure(&self) -> Option<Error> {
        if self.life.answered.load(Ordering::Relaxed) {
            return None;
        }
        let closed = "closed before it answered anything";
        let message = match self.life.error.get() {
            Some(error) => format!("{closed}: {error}"),
            None => closed.to_owned(),
        };
        let cause = io::Error::new(io::ErrorKind::ConnectionAborted, message);
        Some(Error::new(Operation::Dial, cause))
    }
}
