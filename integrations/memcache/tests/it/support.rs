//! Shared setup: a scripted server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use net::prelude::*;
use net::{Listener, Network};
use net_memcache::Client;
use tokio::io::{AsyncBufReadExt, BufReader};

/// A generous timeout for what takes no time on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// The action of a scripted server on a line, whose number in its connection it knows.
pub(crate) enum Reply {
    Say(Vec<u8>),
    /// Sends it, and closes the connection.
    Last(Vec<u8>),
    Nothing,
}

pub(crate) fn say(text: impl Into<Vec<u8>>) -> Reply {
    Reply::Say(text.into())
}

/// A server that replies to `mn` like memcached, and to anything else by a script, which receives
/// both lines and data. It ends with the task of its listener.
pub(crate) struct Scripted {
    pub(crate) address: String,
    /// All lines except `mn`, of all connections.
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
    serving: net::JoinHandle<()>,
}

impl Scripted {
    pub(crate) async fn start<N: Network>(
        net: &N,
        script: impl FnMut(&str) -> Reply + Send + 'static,
    ) -> Self {
        Self::start_at(net, "127.0.0.1:0", script).await
    }

    pub(crate) async fn start_at<N: Network>(
        net: &N,
        address: &str,
        script: impl FnMut(&str) -> Reply + Send + 'static,
    ) -> Self {
        let listener = net.listen("tcp", address).await.expect("a listener");
        let address = listener.local_addr().expect("its address").to_string();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let serving = net::spawn(serve(listener, script, Arc::clone(&heard)));
        Scripted {
            address,
            heard,
            serving,
        }
    }

    /// A client of it with a short timeout.
    pub(crate) fn client<N: Network + Clone + 'static>(&self, net: &N) -> Client {
        Client::builder(net.clone())
            .with_servers([self.address.clone()])
            .with_timeout(Duration::from_millis(300))
            .build()
            .expect("a client")
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve<L: Listener>(
    listener: L,
    script: impl FnMut(&str) -> Reply + Send + 'static,
    heard: Arc<Mutex<Vec<String>>>,
) {
    let script = Arc::new(Mutex::new(script));
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (script, heard) = (Arc::clone(&script), Arc::clone(&heard));
        connections.spawn(async move {
            let (read, mut write) = stream.into_split();
            let mut read = BufReader::new(read);
            let mut line = Vec::new();
            while read.read_until(b'\n', &mut line).await.is_ok_and(|n| n > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                line.clear();
                if text == "mn" {
                    let _ = write.write_all(b"MN\r\n").await;
                    continue;
                }
                let reply = (script.lock().unwrap())(&text);
                heard.lock().unwrap().push(text);
                match reply {
                    Reply::Say(text) => drop(write.write_all(&text).await),
                    Reply::Last(text) => {
                        let _ = write.write_all(&text).await;
                        break;
                    }
                    Reply::Nothing => {}
                }
            }
        });
    }
}

/// Returns the opaque number of a line, with its letter.
pub(crate) fn opaque(line: &str) -> &str {
    line.split(' ')
        .find(|word| word.starts_with('O'))
        .unwrap_or_default()
}

/// Returns the key of a line.
pub(crate) fn key(line: &str) -> &str {
    line.split(' ').nth(1).unwrap_or_default()
}

/// A script that stores nothing, and whose value of each key is the key itself, or a count of 42.
pub(crate) fn echo(line: &str) -> Reply {
    let (key, opaque) = (key(line), opaque(line));
    match line.get(..3) {
        Some("mg ") => {
            let length = key.len();
            say(format!("VA {length} f0 c1 {opaque}\r\n{key}\r\n"))
        }
        Some("ma ") => say(format!("VA 2 {opaque}\r\n42\r\n")),
        Some("ms " | "md ") => say(format!("HD {opaque}\r\n")),
        _ => Reply::Nothing,
    }
}
