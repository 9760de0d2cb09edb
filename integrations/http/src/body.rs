use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use tokio::io::AsyncRead;

use crate::BoxError;
use crate::reader_body::ReaderBody;

/// The body of a message: one that comes in, or one to send.
///
/// One that comes in is read as it is asked for, so a sender that is faster
/// than its reader waits. A proxy hands it on as it is.
///
/// ```
/// use net_http::Body;
///
/// let text = Body::from("Hello!");
/// let file = Body::from_reader(std::io::Cursor::new(vec![0; 1 << 20]));
/// # let _ = (text, file);
/// ```
#[derive(Default)]
pub struct Body(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    #[cfg_attr(
        not(feature = "server"),
        expect(dead_code, reason = "what a server gets")
    )]
    Incoming(Incoming),
    Other(Pin<Box<dyn http_body::Body<Data = Bytes, Error = BoxError> + Send>>),
}

impl Body {
    /// A body without a byte.
    #[must_use]
    pub fn empty() -> Self {
        Body::default()
    }

    /// Any body, its type erased. One that is empty or a `Body` already is told
    /// apart from those that can be sent once alone.
    pub fn wrap<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let mut body = Some(body);
        if let Some(body) = (&mut body as &mut dyn Any).downcast_mut::<Option<Body>>() {
            return body.take().unwrap_or_default();
        }
        match body {
            Some(body) if !body.is_end_stream() => Body(Kind::Other(Box::pin(Boxed { body }))),
            _ => Body::empty(),
        }
    }

    /// What a reader gives, sent as it is read.
    pub fn from_reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Body::wrap(ReaderBody::new(reader))
    }

    #[cfg(feature = "server")]
    pub(crate) fn new(incoming: Incoming) -> Self {
        Body(Kind::Incoming(incoming))
    }

    /// All of it, where it is at hand.
    #[cfg(feature = "client")]
    pub(crate) fn at_hand(&self) -> Option<Bytes> {
        match &self.0 {
            Kind::Empty => Some(Bytes::new()),
            Kind::Full(bytes) => Some(bytes.clone()),
            Kind::Incoming(_) | Kind::Other(_) => None,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Incoming(incoming) => {
                let frame = Pin::new(incoming).poll_frame(cx);
                frame.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
            }
            Kind::Other(body) => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Full(_) => false,
            Kind::Incoming(incoming) => incoming.is_end_stream(),
            Kind::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Incoming(incoming) => incoming.size_hint(),
            Kind::Other(body) => body.size_hint(),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            return Body::empty();
        }
        Body(Kind::Full(bytes))
    }
}

macro_rules! from_bytes {
    ($($type:ty),*) => {
        $(impl From<$type> for Body {
            fn from(data: $type) -> Self {
                Body::from(Bytes::from(data))
            }
        })*
    };
}

from_bytes!(String, Vec<u8>, &'static str, &'static [u8]);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Empty => f.write_str("Body(empty)"),
            Kind::Full(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Kind::Incoming(_) | Kind::Other(_) => f.write_str("Body(..)"),
        }
    }
}

pin_project_lite::pin_project! {
    /// A body with any error.
    struct Boxed<B> {
        #[pin]
        body: B,
    }
}

impl<B> http_body::Body for Boxed<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = self.project().body.poll_frame(cx);
        frame.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
