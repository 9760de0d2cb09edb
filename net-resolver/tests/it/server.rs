//! A DNS server in the test: it answers by a function, over real sockets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::{Message, OpCode};
use hickory_proto::rr::RecordType;
use net::prelude::*;
use net::{Endpoint, PacketConn, Result};

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// What a server sends, in this order.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Message(Message),
    /// Anything else.
    Bytes(Vec<u8>),
    /// Nothing for so long.
    Pause(Duration),
}

type Answer = dyn Fn(&Message, Transport) -> Vec<Reply> + Send + Sync;

/// It runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    tasks: Vec<net::JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a free port of this machine, over UDP and TCP.
    pub(crate) async fn start(
        answer: impl Fn(&Message, Transport) -> Vec<Reply> + Send + Sync + 'static,
    ) -> Result<Self> {
        Server::start_on("127.0.0.1", answer).await
    }

    /// The same on another address of this machine, as it stands before a port.
    pub(crate) async fn start_on(
        host: &str,
        answer: impl Fn(&Message, Transport) -> Vec<Reply> + Send + Sync + 'static,
    ) -> Result<Self> {
        let answer: Arc<Answer> = Arc::new(answer);
        let asked = Arc::default();
        let (udp, tcp, address) = sockets(host).await?;
        let tasks = vec![
            net::spawn(serve_udp(udp, answer.clone(), Arc::clone(&asked))),
            net::spawn(serve_tcp(tcp, answer, Arc::clone(&asked))),
        ];
        Ok(Server {
            address,
            asked,
            tasks,
        })
    }

    /// The questions since the last call, such as `A h.test. Udp`.
    pub(crate) fn asked_in_order(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("no panic before"))
    }

    /// The same, sorted: both families are asked for at once.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked = self.asked_in_order();
        asked.sort();
        asked
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Two sockets on the same port.
async fn sockets(
    host: &str,
) -> Result<(net::target::PacketConn, net::target::Listener, SocketAddr)> {
    loop {
        let tcp = net::listen("tcp", &format!("{host}:0")).await?;
        let address = tcp.local_addr()?;
        // Another program may have it for UDP.
        if let Ok(udp) = net::listen_packet("udp", &address.to_string()).await {
            return Ok((udp, tcp, address.as_ip().expect("an IP address")));
        }
    }
}

async fn serve_udp(
    socket: net::target::PacketConn,
    answer: Arc<Answer>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    let socket = Arc::new(socket);
    let mut buf = vec![0; 4096];
    while let Ok(packet) = socket.recv_from(&mut buf).await {
        let Ok(query) = Message::from_vec(&buf[..packet.len]) else {
            continue;
        };
        write_down(&asked, &query, Transport::Udp);
        let replies = answer(&query, Transport::Udp);
        net::spawn(send(Arc::clone(&socket), packet.from, replies));
    }
}

async fn send(socket: Arc<net::target::PacketConn>, to: Endpoint, replies: Vec<Reply>) {
    for reply in replies {
        if let Some(bytes) = bytes(reply).await {
            // Whoever asked may be gone.
            let _ = socket.send_to(&bytes, &to).await;
        }
    }
}

async fn serve_tcp(
    listener: net::target::Listener,
    answer: Arc<Answer>,
    asked: Arc<Mutex<Vec<String>>>,
) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let (answer, asked) = (Arc::clone(&answer), Arc::clone(&asked));
        net::spawn(async move {
            let len = stream.read_u16().await?;
            let mut buf = vec![0; len.into()];
            stream.read_exact(&mut buf).await?;
            let query = Message::from_vec(&buf).map_err(std::io::Error::other)?;
            write_down(&asked, &query, Transport::Tcp);
            for reply in answer(&query, Transport::Tcp) {
                let is_message = matches!(reply, Reply::Message(_));
                let Some(bytes) = bytes(reply).await else {
                    continue;
                };
                if is_message {
                    stream
                        .write_u16(bytes.len().try_into().expect("it fits"))
                        .await?;
                }
                stream.write_all(&bytes).await?;
            }
            // What was sent is read before the end is seen.
            stream.shutdown().await?;
            stream.read_u8().await
        });
    }
}

async fn bytes(reply: Reply) -> Option<Vec<u8>> {
    match reply {
        Reply::Message(message) => Some(message.to_vec().expect("a message")),
        Reply::Bytes(bytes) => Some(bytes),
        Reply::Pause(duration) => {
            net::time::sleep(duration).await;
            None
        }
    }
}

fn write_down(asked: &Mutex<Vec<String>>, query: &Message, transport: Transport) {
    for question in &query.queries {
        let name = question.name().to_ascii();
        let line = format!("{} {name} {transport:?}", question.query_type());
        asked.lock().expect("no panic before").push(line);
    }
}

/// An empty answer to a question, by a server that asks others.
pub(crate) fn response(query: &Message) -> Message {
    let mut response = Message::response(query.metadata.id, OpCode::Query);
    response.metadata.recursion_available = true;
    response.metadata.recursion_desired = true;
    response.add_queries(query.queries.clone());
    response
}

/// The kind of record that a message asks for.
pub(crate) fn kind(query: &Message) -> RecordType {
    query.queries[0].query_type()
}
