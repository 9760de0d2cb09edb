use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use redis::{Msg, PushInfo, PushKind, ToRedisArgs, Value};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep, timeout_at};

use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result, protocol};
use crate::opener::Opener;
use crate::subscription::{Asked, Kind};
use crate::timeout::overdue;
use crate::wire::{Wire, lost};

/// The idle time after which the server is pinged.
const PING_AFTER: Duration = Duration::from_secs(30);

/// A connection for Pub/Sub.
///
/// ```no_run
/// # async fn example(mut subscriber: net_redis::Subscriber) -> net_redis::Result<()> {
/// subscriber.subscribe("news").await?;
/// subscriber.psubscribe("weather.*").await?;
/// loop {
///     match subscriber.message().await {
///         Ok(message) => println!("{}", message.get_payload::<String>()?),
///         // Messages may be missed. The next call connects and subscribes again.
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// # }
/// ```
pub struct Subscriber {
    opener: Opener,
    /// `None` while the connection is lost.
    wire: Option<Wire>,
    backoff: Backoff,
    wanted: BTreeSet<(Kind, Vec<u8>)>,
    /// Bytes to write, starting at `written`.
    out: Vec<u8>,
    written: usize,
    /// The commands that the server has yet to confirm.
    asked: VecDeque<Asked>,
    /// When the last of them was sent.
    asked_at: Instant,
    heard_at: Instant,
    messages: VecDeque<Msg>,
}

impl Subscriber {
    pub(crate) fn new(wire: Wire, opener: Opener) -> Self {
        let now = Instant::now();
        Subscriber {
            backoff: Backoff::new(&opener.settings),
            opener,
            wire: Some(wire),
            wanted: BTreeSet::new(),
            out: Vec::new(),
            written: 0,
            asked: VecDeque::new(),
            asked_at: now,
            heard_at: now,
            messages: VecDeque::new(),
        }
    }

    /// Subscribes to channels, and waits for the server's confirmation.
    ///
    /// # Errors
    ///
    /// Returns an error if the user has no permission for a channel, or if the connection fails.
    /// In the latter case, the next [`message`](Subscriber::message) reconnects, and subscribes to
    /// these channels as well.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no message is lost, but the channels may be subscribed to.
    pub async fn subscribe(&mut self, channels: impl ToRedisArgs) -> Result<()> {
        self.ask(Kind::Channel, true, &channels).await
    }

    /// Subscribes to all channels whose names match patterns; see
    /// [`subscribe`](Subscriber::subscribe).
    ///
    /// # Errors
    ///
    /// See [`subscribe`](Subscriber::subscribe).
    pub async fn psubscribe(&mut self, patterns: impl ToRedisArgs) -> Result<()> {
        self.ask(Kind::Pattern, true, &patterns).await
    }

    /// Subscribes to shard channels of Redis 7; see [`subscribe`](Subscriber::subscribe).
    ///
    /// # Errors
    ///
    /// See [`subscribe`](Subscriber::subscribe).
    pub async fn ssubscribe(&mut self, channels: impl ToRedisArgs) -> Result<()> {
        self.ask(Kind::Shard, true, &channels).await
    }

    /// Unsubscribes from channels of [`subscribe`](Subscriber::subscribe).
    ///
    /// # Errors
    ///
    /// See [`subscribe`](Subscriber::subscribe).
    pub async fn unsubscribe(&mut self, channels: impl ToRedisArgs) -> Result<()> {
        self.ask(Kind::Channel, false, &channels).await
    }

    /// Unsubscribes from patterns of [`psubscribe`](Subscriber::psubscribe).
    ///
    /// # Errors
    ///
    /// See [`subscribe`](Subscriber::subscribe).
    pub async fn punsubscribe(&mut self, patterns: impl ToRedisArgs) -> Result<()> {
        self.ask(Kind::Pattern, false, &patterns).await
    }

    /// Unsubscribes from channels of [`ssubscribe`](Subscriber::ssubscribe).
    ///
    /// # Errors
    ///
    /// See [`subscribe`](Subscriber::subscribe).
    pub async fn sunsubscribe(&mut self, channels: impl ToRedisArgs) -> Result<()> {
        self.ask(Kind::Shard, false, &channels).await
    }

    /// Receives the next message.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection is lost. Messages may be missed until the next call,
    /// which reconnects, with a growing delay while the server is unavailable, and subscribes
    /// again.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no message is lost.
    pub async fn message(&mut self) -> Result<Msg> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                return Ok(message);
            }
            self.step().await?;
        }
    }

    /// Converts the subscriber into an endless stream of messages and of the errors of
    /// [`message`](Subscriber::message).
    pub fn into_stream(self) -> impl Stream<Item = Result<Msg>> + Send + Unpin {
        Messages { next: next(self) }
    }

    async fn ask(&mut self, kind: Kind, on: bool, channels: &impl ToRedisArgs) -> Result<()> {
        let channels = channels.to_redis_args();
        if channels.is_empty() {
            return Ok(());
        }
        for channel in &channels {
            let key = (kind, channel.clone());
            if on {
                self.wanted.insert(key);
            } else {
                self.wanted.remove(&key);
            }
        }
        if self.wire.is_some() {
            self.push(Asked::new(kind, on, channels));
        }
        loop {
            self.step().await?;
            if self.asked.is_empty() {
                return Ok(());
            }
        }
    }

    fn push(&mut self, asked: Asked) {
        self.out.extend(asked.command().get_packed_command());
        self.asked.push_back(asked);
        self.asked_at = Instant::now();
    }

    /// Connects if necessary, writes what is pending, and handles the next value from the server.
    async fn step(&mut self) -> Result<()> {
        if self.wire.is_none() {
            self.connect().await?;
        }
        let stepped = match self.exchange().await {
            Ok(value) => self.take(value),
            Err(error) => Err(error),
        };
        let refusal = matches!(&stepped, Err(error) if error.kind() == ErrorKind::Server);
        if stepped.is_err() && !refusal {
            self.wire = None;
        }
        stepped.map_err(|error| error.at(self.opener.address()))
    }

    /// Opens a connection, and subscribes to all wanted channels.
    async fn connect(&mut self) -> Result<()> {
        if let Some(pause) = self.backoff.next() {
            sleep(pause).await;
        }
        self.wire = Some(self.opener.open().await?);
        self.out.clear();
        self.written = 0;
        self.asked.clear();
        self.heard_at = Instant::now();
        for kind in Kind::ALL {
            let channels = self.wanted.iter().filter(|(of, _)| *of == kind);
            let channels: Vec<_> = channels.map(|(_, channel)| channel.clone()).collect();
            if !channels.is_empty() {
                self.push(Asked::new(kind, true, channels));
            }
        }
        Ok(())
    }

    /// Returns the next value from the server. Cancel safe.
    async fn exchange(&mut self) -> Result<Value> {
        loop {
            let limit = self.opener.settings.response_timeout;
            let is_silent = self.asked.is_empty();
            let deadline = if is_silent {
                self.heard_at + PING_AFTER
            } else {
                self.asked_at + limit
            };
            match timeout_at(deadline, self.write_and_read()).await {
                Ok(value) => return value,
                Err(_) if is_silent => self.push(Asked::ping()),
                Err(_) => return Err(overdue("no answer", limit)),
            }
        }
    }

    async fn write_and_read(&mut self) -> Result<Value> {
        let Some(wire) = &mut self.wire else {
            return Err(Error::text(ErrorKind::Lost, "not connected"));
        };
        while let rest @ [_, ..] = &self.out[self.written..] {
            match wire.stream.write(rest).await.map_err(lost)? {
                0 => return Err(lost(std::io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        wire.stream.flush().await.map_err(lost)?;
        self.out.clear();
        self.written = 0;
        let value = wire.read().await?;
        self.heard_at = Instant::now();
        Ok(value)
    }

    /// Handles a message, or a confirmation.
    fn take(&mut self, value: Value) -> Result<()> {
        let push = match value {
            Value::Push { kind, data } => PushInfo { kind, data },
            Value::Array(data) => push_of(data)?,
            Value::ServerError(error) => {
                // It replaces all confirmations of that command.
                let refused = self.asked.pop_front();
                for channel in refused.into_iter().flat_map(Asked::into_channels) {
                    self.wanted.remove(&channel);
                }
                return Err(error.into());
            }
            value => PushInfo {
                kind: PushKind::Other("pong".to_owned()),
                data: vec![value],
            },
        };
        match push.kind {
            PushKind::Message | PushKind::PMessage | PushKind::SMessage => {
                let message = Msg::from_push_info(push);
                self.messages
                    .push_back(message.ok_or_else(|| protocol("a message is incomplete"))?);
            }
            // Other kinds of pushes do not concern subscriptions.
            PushKind::Invalidate | PushKind::Disconnection => {}
            _ => self.confirm()?,
        }
        Ok(())
    }

    fn confirm(&mut self) -> Result<()> {
        let Some(asked) = self.asked.front_mut() else {
            return Err(protocol("unexpected reply"));
        };
        if asked.confirmed() {
            self.asked.pop_front();
        }
        if self.asked.is_empty() {
            self.backoff = Backoff::new(&self.opener.settings);
        }
        Ok(())
    }
}

/// Converts an array of RESP2, whose first element is the kind.
fn push_of(data: Vec<Value>) -> Result<PushInfo> {
    let mut data = data.into_iter();
    let kind = match data.next() {
        Some(Value::BulkString(kind)) => match &*kind {
            b"message" => PushKind::Message,
            b"pmessage" => PushKind::PMessage,
            b"smessage" => PushKind::SMessage,
            kind => PushKind::Other(String::from_utf8_lossy(kind).into_owned()),
        },
        _ => return Err(protocol("a message has no kind")),
    };
    Ok(PushInfo {
        kind,
        data: data.collect(),
    })
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber")
            .field("address", self.opener.address())
            .field("subscriptions", &self.wanted.len())
            .finish_non_exhaustive()
    }
}

type Next = Pin<Box<dyn Future<Output = (Subscriber, Result<Msg>)> + Send>>;

/// The stream of [`Subscriber::into_stream`].
struct Messages {
    next: Next,
}

fn next(mut subscriber: Subscriber) -> Next {
    Box::pin(async move {
        let message = subscriber.message().await;
        (subscriber, message)
    })
}

impl Stream for Messages {
    type Item = Result<Msg>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (subscriber, message) = ready!(self.next.as_mut().poll(cx));
        self.next = next(subscriber);
        Poll::Ready(Some(message))
    }
}
