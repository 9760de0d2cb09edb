use std::io;
use std::net::SocketAddr;
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

/// Connects to a target.
#[derive(Debug)]
pub(crate) struct Connector<D> {
    pub(crate) dialer: D,
    pub(crate) target: Target,
    /// If there is none, the dialer resolves the host.
    pub(crate) resolver: Option<Arc<dyn Resolver>>,
    pub(crate) timeout: Duration,
    pub(crate) tls: Option<Tls>,
    pub(crate) http2: Builder<TokioExecutor>,
}

impl<D: Dialer> Connector<D> {
    /// Opens a connection. Errors contain the address.
    pub(crate) async fn connect(&self, address: &Address) -> Result<Connection> {
        let connected = match timeout(self.timeout, self.open(address)).await {
            Ok(connected) => connected,
            Err(_) => Err(Error::timeout(Operation::Dial)),
        };
        connected.map_err(|error| address.describe(error, &self.target))
    }

    async fn open(&self, address: &Address) -> Result<Connection> {
        let stream = self.dialer.dial_to(address.to_dial(&self.target)?).await?;
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
        let status = Arc::new(ConnectionStatus::default());
        let ended = Arc::clone(&status);
        // It ends once its senders and responses are dropped.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                let _ = ended.error.set(status::chain(&error));
            }
        });
        Ok(Connection { requests, status })
    }

    /// Returns the addresses that the target has now.
    pub(crate) async fn lookup(&self) -> Result<Vec<Address>> {
        let Some(resolver) = &self.resolver else {
            return Ok(vec![Address::AsTyped]);
        };
        let Some((host, port)) = self.target.name_and_port() else {
            return Ok(vec![Address::AsTyped]);
        };
        let addresses = resolver.lookup(host, Family::Any).await?;
        if addresses.is_empty() {
            return Err(Error::new(Operation::Lookup, io::ErrorKind::NotFound).with_address(host));
        }
        let each = addresses.into_iter();
        let each = each.map(|ip| Address::Resolved(SocketAddr::new(ip, port)));
        Ok(each.collect())
    }
}

/// An HTTP/2 connection, for any number of concurrent calls.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) requests: SendRequest<Body>,
    status: Arc<ConnectionStatus>,
}

#[derive(Debug, Default)]
struct ConnectionStatus {
    answered: AtomicBool,
    error: OnceLock<String>,
}

impl Connection {
    pub(crate) fn is_closed(&self) -> bool {
        self.requests.is_closed()
    }

    /// Notes that the peer has responded, and so speaks HTTP/2.
    pub(crate) fn has_answered(&self) {
        self.status.answered.store(true, Ordering::Relaxed);
    }

    /// Returns the error if the connection was closed before any response.
    pub(crate) fn failure(&self) -> Option<Error> {
        if self.status.answered.load(Ordering::Relaxed) {
            return None;
        }
        let closed = "the connection was closed before any response";
        let message = match self.status.error.get() {
            Some(error) => format!("{closed}: {error}"),
            None => closed.to_owned(),
        };
        let cause = io::Error::new(io::ErrorKind::ConnectionAborted, message);
        Some(Error::new(Operation::Dial, cause))
    }
}
