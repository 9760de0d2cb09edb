//! A backend that answers by a script and writes down what it was asked, and
//! when. Its clock is tokio's, so that a test may pause it.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use net_dial::Net;
use net_traits::{
    Backend, Datagram, Endpoint, Error, Family, FreshSocket, Listener, Operation, OptionName,
    PacketConn, Received, Result, SocketOption, SocketOptions, Timer, UnixAddress,
    UnsupportedOption, async_trait,
};

use crate::pipe::Pipe;

/// What an endpoint, or the resolver, does when it is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// Succeeds after so many milliseconds.
    After(u64),
    /// Fails after so many milliseconds.
    Fail(u64, ErrorKind),
    /// Never answers.
    Never,
}

/// An endpoint that refuses at once.
pub(crate) const REFUSED: Answer = Answer::Fail(0, ErrorKind::ConnectionRefused);

/// An endpoint from its text; a path begins with `/` or `@`.
pub(crate) fn at(text: &str) -> Endpoint {
    match text.parse::<std::net::SocketAddr>() {
        Ok(address) => address.into(),
        Err(_) => text.parse::<UnixAddress>().unwrap().into(),
    }
}

/// Addresses from their texts.
pub(crate) fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[derive(Clone)]
pub(crate) struct Fake(Arc<State>);

struct State {
    start: Instant,
    answers: Mutex<HashMap<Endpoint, Answer>>,
    names: Mutex<HashMap<String, (Answer, Vec<IpAddr>)>>,
    sources: Mutex<HashMap<IpAddr, IpAddr>>,
    log: Mutex<Vec<String>>,
    options: Mutex<Vec<SocketOption>>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    /// A backend where every endpoint connects at once and no name is known.
    pub(crate) fn new() -> Self {
        Fake(Arc::new(State {
            start: tokio::time::Instant::now().into_std(),
            answers: Mutex::default(),
            names: Mutex::default(),
            sources: Mutex::default(),
            log: Mutex::default(),
            options: Mutex::default(),
        }))
    }

    /// Says how an endpoint answers.
    pub(crate) fn answer(self, endpoint: &str, answer: Answer) -> Self {
        self.0.answers.lock().unwrap().insert(at(endpoint), answer);
        self
    }

    /// Gives a name its addresses.
    pub(crate) fn name(self, name: &str, addresses: &[&str]) -> Self {
        self.name_answer(name, Answer::After(0), addresses)
    }

    /// Gives a name its addresses, and says how the resolver answers.
    pub(crate) fn name_answer(self, name: &str, answer: Answer, addresses: &[&str]) -> Self {
        let row = (answer, ips(addresses));
        self.0.names.lock().unwrap().insert(name.to_owned(), row);
        self
    }

    /// Says from where a destination is reached; from nowhere otherwise.
    pub(crate) fn source(self, destination: &str, source: &str) -> Self {
        let row: (IpAddr, IpAddr) = (destination.parse().unwrap(), source.parse().unwrap());
        self.0.sources.lock().unwrap().extend([row]);
        self
    }

    /// A network upon it.
    pub(crate) fn net(&self) -> Net<Fake> {
        Net::new(self.clone())
    }

    /// What was asked since the last call, without the times.
    pub(crate) fn calls(&self) -> Vec<String> {
        let timed = self.timed_calls();
        timed
            .iter()
            .map(|entry| entry.split_once(' ').unwrap().1.to_owned())
            .collect()
    }

    /// What was asked since the last call, each with its time in milliseconds
    /// since the start, rounded down to tens: timers may be a little late.
    pub(crate) fn timed_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.log.lock().unwrap())
    }

    /// The options of the last socket.
    pub(crate) fn options(&self) -> Vec<SocketOption> {
        self.0.options.lock().unwrap().clone()
    }

    /// The time since the start, as [`timed_calls`](Fake::timed_calls) has it.
    pub(crate) fn clock(&self) -> u64 {
        let elapsed = tokio::time::Instant::now().into_std() - self.0.start;
        u64::try_from(elapsed.as_millis()).unwrap() / 10 * 10
    }

    fn write_down(&self, call: &str) {
        let entry = format!("{} {call}", self.clock());
        self.0.log.lock().unwrap().push(entry);
    }

    /// Answers by the script, and writes down when nobody waited for it.
    async fn follow(&self, answer: Answer, call: &str) -> io::Result<()> {
        self.write_down(call);
        let mut abandoned = Abandoned {
            fake: self,
            call: Some(call),
        };
        let wait = |ms| async move {
            if ms > 0 {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
        };
        let result = match answer {
            Answer::After(ms) => {
                wait(ms).await;
                Ok(())
            }
            Answer::Fail(ms, kind) => {
                wait(ms).await;
                Err(kind.into())
            }
            Answer::Never => std::future::pending().await,
        };
        abandoned.call = None;
        result
    }

    async fn open(&self, what: &str, on: &Endpoint, options: &SocketOptions) -> io::Result<()> {
        *self.0.options.lock().unwrap() = options.iter().collect();
        if let Some(control) = options.control() {
            control.run(self, on)?;
        }
        let answers = self.0.answers.lock().unwrap().clone();
        let answer = answers.get(on).copied().unwrap_or(Answer::After(0));
        self.follow(answer, &format!("{what} {on}")).await
    }
}

/// Writes down that a call was dropped before it had its answer.
struct Abandoned<'a> {
    fake: &'a Fake,
    call: Option<&'a str>,
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call {
            self.fake.write_down(&format!("dropped {call}"));
        }
    }
}

impl Timer for Fake {
    type Sleep = tokio::time::Sleep;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> Self::Sleep {
        tokio::time::sleep_until(deadline.into())
    }
}

#[async_trait]
impl Backend for Fake {
    type Stream = Pipe;
    type Listener = Silent;
    type PacketConn = Silent;

    fn host(&self) -> &'static str {
        "the test"
    }

    fn supports(&self, option: OptionName) -> bool {
        option == OptionName::NoDelay
    }

    async fn connect(
        &self,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Pipe> {
        let what = match local {
            Some(local) => format!("from {local} connect"),
            None => "connect".to_owned(),
        };
        self.open(&what, remote, options).await?;
        Ok(Pipe::to(remote.clone()))
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<Silent> {
        self.open("listen", local, options).await?;
        Ok(Silent {
            local: Some(local.clone()),
            peer: None,
        })
    }

    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Silent> {
        match (local, remote) {
            (Some(local), None) => self.open("bind", local, options).await?,
            (None, Some(remote)) => self.open("associate", remote, options).await?,
            (Some(local), Some(remote)) => {
                let what = format!("from {local} associate");
                self.open(&what, remote, options).await?;
            }
            (None, None) => panic!("neither bound nor connected"),
        }
        Ok(Silent {
            local: local.cloned(),
            peer: remote.cloned(),
        })
    }

    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        let known = self.0.sources.lock().unwrap().get(&remote.ip()).copied();
        known.ok_or_else(|| ErrorKind::NetworkUnreachable.into())
    }

    fn zone_index(&self, interface: &str) -> io::Result<u32> {
        match interface {
            "eth0" => Ok(2),
            _ => Err(io::Error::new(ErrorKind::NotFound, "no such interface")),
        }
    }

    async fn lookup(&self, name: &str, _family: Family) -> io::Result<Vec<IpAddr>> {
        let known = self.0.names.lock().unwrap().get(name).cloned();
        let (answer, addresses) =
            known.unwrap_or((Answer::Fail(0, ErrorKind::NotFound), Vec::new()));
        self.follow(answer, &format!("lookup {name}")).await?;
        Ok(addresses)
    }
}

/// Every socket, in the hands of a control hook.
impl FreshSocket for Fake {
    fn descriptor(&self) -> Option<u64> {
        None
    }

    fn set_option(&self, option: SocketOption) -> io::Result<()> {
        Err(UnsupportedOption::new(option.name(), "the test").into())
    }

    fn option(&self, name: OptionName) -> io::Result<SocketOption> {
        Err(UnsupportedOption::new(name, "the test").into())
    }
}

pub(crate) fn refused_option(name: OptionName) -> Error {
    Error::new(
        Operation::SetOption,
        UnsupportedOption::new(name, "the test"),
    )
}

/// A listener that nobody dials, a socket to which nobody sends.
#[derive(Debug)]
pub(crate) struct Silent {
    local: Option<Endpoint>,
    peer: Option<Endpoint>,
}

impl Silent {
    fn address(known: Option<&Endpoint>) -> Result<Endpoint> {
        known
            .cloned()
            .ok_or_else(|| Error::new(Operation::Address, ErrorKind::NotConnected))
    }
}

#[async_trait]
impl Listener for Silent {
    type Stream = Pipe;

    async fn accept(&self) -> Result<(Pipe, Endpoint)> {
        std::future::pending().await
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Silent::address(self.local.as_ref())
    }
}

impl PacketConn for Silent {
    fn try_recv_from(&self, _buf: &mut [u8]) -> io::Result<Received> {
        Err(ErrorKind::WouldBlock.into())
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        Ok(datagram.payload.len())
    }

    fn poll_recv_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_send_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Silent::address(self.local.as_ref())
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        Silent::address(self.peer.as_ref())
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        Err(refused_option(option.name()))
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        Err(refused_option(name))
    }
}
