use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use net_traits::{
    Backend, Endpoint, Family, OptionName, Resolver, Result, SocketOptions, Timer, async_trait,
};

/// How an address responds to an attempt to connect.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// The attempt succeeds.
    Connects,
    /// The attempt is refused.
    Refuses,
    /// There is no response.
    Never,
    /// The connection is established at once, but reported after this duration.
    Late(Duration),
}

/// A backend whose addresses respond according to a script. Successful attempts
/// connect to one real listener of the underlying backend, whose clock it uses.
#[derive(Debug, Clone)]
pub(crate) struct Scripted<B> {
    inner: B,
    listener: Endpoint,
    script: Arc<HashMap<IpAddr, Answer>>,
    tried: Arc<Mutex<Vec<Try>>>,
}

/// An attempt to connect.
#[derive(Debug, Clone)]
pub(crate) struct Try {
    pub(crate) address: IpAddr,
    pub(crate) at: Instant,
}

impl<B: Backend> Scripted<B> {
    pub(crate) fn new(inner: B, listener: Endpoint, script: &[(IpAddr, Answer)]) -> Self {
        Scripted {
            inner,
            listener,
            script: Arc::new(script.iter().copied().collect()),
            tried: Arc::default(),
        }
    }

    /// Returns all attempts, in order.
    pub(crate) fn tried(&self) -> Vec<Try> {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.clone()
    }
}

impl<B: Backend> Timer for Scripted<B> {
    type Sleep = B::Sleep;

    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn sleep_until(&self, deadline: Instant) -> B::Sleep {
        self.inner.sleep_until(deadline)
    }
}

#[async_trait]
impl<B: Backend> Backend for Scripted<B> {
    type Stream = B::Stream;
    type Listener = B::Listener;
    type PacketConn = B::PacketConn;

    fn host(&self) -> &str {
        self.inner.host()
    }

    fn supports(&self, option: OptionName) -> bool {
        self.inner.supports(option)
    }

    async fn connect(
        &self,
        remote: &Endpoint,
        _local: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<B::Stream> {
        let address = remote.ip().ok_or(ErrorKind::InvalidInput)?;
        let attempt = Try {
            address,
            at: self.now(),
        };
        self.tried
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(attempt);
        match self.script.get(&address) {
            Some(Answer::Connects | Answer::Late(_)) => {}
            Some(Answer::Never) => std::future::pending().await,
            Some(Answer::Refuses) | None => return Err(ErrorKind::ConnectionRefused.into()),
        }
        let stream = self.inner.connect(&self.listener, None, options).await?;
        if let Some(Answer::Late(duration)) = self.script.get(&address) {
            net_time::sleep(&self.inner, *duration).await;
        }
        Ok(stream)
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<B::Listener> {
        self.inner.listen(local, options).await
    }

    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<B::PacketConn> {
        self.inner.packet(local, remote, options).await
    }

    async fn lookup(&self, name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
        self.inner.lookup(name, family).await
    }

    /// Both families are reachable.
    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        Ok(match remote {
            SocketAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 99).into(),
            SocketAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x99).into(),
        })
    }
}

/// A resolver that returns the same addresses for every name.
#[derive(Debug)]
pub(crate) struct Finds(pub(crate) Vec<IpAddr>);

#[async_trait]
impl Resolver for Finds {
    async fn lookup(&self, _name: &str, _family: Family) -> Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}
