//! Shared setup, and a scripted server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use net::prelude::*;
use net::{JoinHandle, Net, Network, Result};
use net_peers::Server;
use net_redis::Client;

/// A generous timeout for what takes no time on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A TLS configuration that trusts the servers of the tests.
pub(crate) fn trust() -> Result<net_tls::ClientConfig> {
    let authority = include_bytes!("../../../tls/tests/it/certificates/authority.pem");
    let roots = net_tls::Roots::none().with_pem(authority)?;
    net_tls::ClientConfig::new(&net_tls::Provider::rustcrypto(), roots)
}

/// The action of the scripted server on a command.
pub(crate) enum Act {
    Say(Vec<u8>),
    /// Sends this, and closes the connection.
    SayAndClose(Vec<u8>),
    Nothing,
}

pub(crate) fn say(text: impl Into<Vec<u8>>) -> Act {
    Act::Say(text.into())
}

/// A reply that is a string.
pub(crate) fn bulk(text: &str) -> Act {
    say(format!("${}\r\n{text}\r\n", text.len()))
}

/// A command, and the number of its connection, counted from 0.
pub(crate) struct Heard {
    pub(crate) connection: usize,
    pub(crate) words: Vec<String>,
}

/// Replies to `PING` like Redis, and to `GET key` with `key`.
pub(crate) fn echo(heard: &Heard) -> Act {
    match &heard.words[..] {
        [name, key] if name == "GET" => bulk(key),
        [name] if name == "PING" => say("+PONG\r\n"),
        _ => say("-ERR what\r\n"),
    }
}

/// A server whose actions are returned by a function.
pub(crate) struct Scripted {
    pub(crate) url: String,
    pub(crate) connections: Arc<AtomicUsize>,
    _serving: JoinHandle<()>,
}

impl Scripted {
    pub(crate) async fn start<N: Network>(
        net: &N,
        act: impl Fn(&Heard) -> Act + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = net.listen("tcp", "127.0.0.1:0").await?;
        let url = format!("redis://{}/", listener.local_addr()?);
        let act = Arc::new(act);
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let serving = net::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = count.fetch_add(1, Ordering::Relaxed);
                net::spawn(serve(stream, connection, Arc::clone(&act)));
            }
        });
        Ok(Scripted {
            url,
            connections,
            _serving: serving,
        })
    }
}

async fn serve<A: Fn(&Heard) -> Act>(mut stream: impl net::Stream, connection: usize, act: Arc<A>) {
    let mut bytes = Vec::new();
    while matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
        // All received commands are replied to in one write.
        let mut answer = Vec::new();
        let mut close = false;
        while let Some((words, rest)) = command(&bytes) {
            bytes = rest.to_vec();
            match act(&Heard { connection, words }) {
                Act::Say(text) => answer.extend(text),
                Act::SayAndClose(text) => {
                    answer.extend(text);
                    close = true;
                    break;
                }
                Act::Nothing => {}
            }
        }
        if stream.write_all(&answer).await.is_err() || close {
            return;
        }
    }
}

/// Splits off the first command.
fn command(bytes: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let (count, mut rest) = number(bytes, b'*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        let (length, behind) = number(rest, b'$')?;
        let word = behind.get(..length)?;
        rest = behind.get(length + 2..)?;
        words.push(String::from_utf8_lossy(word).into_owned());
    }
    Some((words, rest))
}

fn number(bytes: &[u8], of: u8) -> Option<(usize, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    assert_eq!(bytes[0], of, "commands are arrays of strings");
    let text = std::str::from_utf8(&bytes[1..end]).expect("a number");
    Some((text.parse().expect("a number"), &bytes[end + 2..]))
}

/// A client of a scripted server.
pub(crate) fn client<N: Network + Clone + 'static>(
    net: &N,
    server: &Scripted,
) -> Result<Client<N>> {
    Ok(Client::new(net.clone(), &server.url)?)
}

/// Starts Redis, if it is installed.
pub(crate) async fn redis() -> Option<Server> {
    net_peers::start("redis").await
}

/// A client of it, with either protocol.
pub(crate) fn client_of(net: &Net, server: &Server, protocol: &str) -> Result<Client<Net>> {
    let url = format!("redis://{}/?protocol={protocol}", server.address("tcp"));
    Ok(Client::new(net.clone(), &url)?)
}

pub(crate) const PROTOCOLS: [&str; 2] = ["resp2", "resp3"];

/// Polls until there is a result, with a timeout.
pub(crate) async fn until<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            net::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let asked = net::time::timeout(3 * SOON, asking).await;
    asked.expect("it has not come to be")
}
