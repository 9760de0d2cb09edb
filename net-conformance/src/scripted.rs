use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use net_traits::{
    Backend, Endpoint, Family, OptionName, Resolver, Result, SocketOptions, Timer, async_trait,
};

/// What becomes of an attempt to connect.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// It gets the connection.
    Connects,
    /// It is refused.
    Refuses,
    /// Nothing comes back.
    Never,
    /// The connection is there at once, and so much later that is known.
    Late(Duration),
}

/// A backend in which addresses answer by a script. Those that connect do so
/// to one real listener of the backend beneath, whose clock this is.
#[derive(Debug, Clone)]
pub(crate) struct Scripted<B> {
    beneath: B,
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
    pub(crate) fn new(beneath: B, listener: Endpoint, script: &[(IpAddr, Answer)]) -> Self {
        Scripted {
            beneath,
            listener,
            script: Arc::new(script.iter().copied().collect()),
            tried: Arc::default(),
        }
    }

    /// What was tried, in order.
    pub(crate) fn tried(&self) -> Vec<Try> {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.clone()
    }
}

impl<B: Backend> Timer for Scripted<B> {
    type Sleep = B::Sleep;

    fn now(&self) -> Instant {
        self.beneath.now()
    }

    fn sleep_until(&self, deadline: Instant) -> B::Sleep {
        self.beneath.sleep_until(deadline)
    }
}

#[async_trait]
impl<B: Backend> Backend for Scripted<B> {
    type Stream = B::Stream;
    type Listener = B::Listener;
    type PacketConn = B::PacketConn;

    fn host(&self) -> &str {
        self.beneath.host()
    }

    fn supports(&self, option: OptionName) -> bool {
        self.beneath.supports(option)
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
        let stream = self.beneath.connect(&self.listener, None, options).await?;
        if let Some(Answer::Late(duration)) = self.script.get(&address) {
            net_time::sleep(&self.beneath, *duration).await;
        }
        Ok(stream)
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<B::Listener> {
        self.beneath.listen(local, options).await
    }

    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<B::PacketConn> {
        self.beneath.packet(local, remote, options).await
    }

    async fn lookup(&self, name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
        self.beneath.lookup(name, family).await
    }

    /// Both families can be reached.
    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        Ok(match remote {
            SocketAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 99).into(),
            SocketAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x99).into(),
        })
    }
}

/// A resolver that finds the same addresses for every name.
#[derive(Debug)]
pub(crate) struct Finds(pub(crate) Vec<IpAddr>);

#[async_trait]
impl Resolver for Finds {
    async fn lookup(&self, _name: &str, _family: Family) -> Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}
