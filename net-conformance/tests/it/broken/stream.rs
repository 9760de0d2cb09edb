use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use net_traits::{Endpoint, OptionName, Result, SocketOption, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop;

use super::Defect;

/// A stream, or half of one.
#[derive(Debug)]
pub(crate) struct BrokenStream<S> {
    /// There until it is dropped.
    beneath: Option<S>,
    defect: Defect,
    written: usize,
}

impl<S> BrokenStream<S> {
    pub(crate) fn new(beneath: S, defect: Defect) -> Self {
        BrokenStream {
            beneath: Some(beneath),
            defect,
            written: 0,
        }
    }

    fn beneath(&self) -> &S {
        self.beneath.as_ref().unwrap()
    }
}

impl<S: Unpin> BrokenStream<S> {
    fn pinned(&mut self) -> Pin<&mut S> {
        Pin::new(self.beneath.as_mut().unwrap())
    }

    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if self.defect != Defect::NeverGivesWay {
            return poll(self.pinned(), cx);
        }
        let mut poll = Some(poll);
        let whole = std::future::poll_fn(|cx| poll.take().unwrap()(self.pinned(), cx));
        std::pin::pin!(coop::unconstrained(whole)).poll(cx)
    }
}

impl<S> Drop for BrokenStream<S> {
    fn drop(&mut self) {
        if matches!(self.defect, Defect::LeaksStreams | Defect::KeepsHalvesOpen) {
            std::mem::forget(self.beneath.take());
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for BrokenStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let mut deaf = Context::from_waker(Waker::noop());
        let cx = match self.defect {
            Defect::LosesWakes => &mut deaf,
            _ => cx,
        };
        let result = ready!(self.poll(cx, |stream, cx| stream.poll_read(cx, buf)));
        let is_end = buf.filled().len() == before && buf.remaining() > 0;
        match result {
            Ok(()) if is_end && self.defect == Defect::LosesTheEnd => Poll::Pending,
            Err(error)
                if self.defect == Defect::HidesResets
                    && error.kind() == ErrorKind::ConnectionReset =>
            {
                Poll::Ready(Ok(()))
            }
            result => Poll::Ready(result),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BrokenStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut bytes = buf.to_vec();
        let is_due = self.written > 1_000 && self.defect == Defect::CorruptsData;
        if let Some(byte) = bytes.first_mut().filter(|_| is_due) {
            *byte ^= 1;
        }
        let written = ready!(self.poll(cx, |stream, cx| stream.poll_write(cx, &bytes)));
        self.written += written.as_ref().unwrap_or(&0);
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_shutdown(cx)
    }
}

impl<S: Stream> Stream for BrokenStream<S> {
    type ReadHalf = BrokenStream<S::ReadHalf>;
    type WriteHalf = BrokenStream<S::WriteHalf>;

    fn into_split(mut self) -> (Self::ReadHalf, Self::WriteHalf) {
        let (read, write) = self.beneath.take().unwrap().into_split();
        let defect = self.defect;
        (
            BrokenStream::new(read, defect),
            BrokenStream::new(write, defect),
        )
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.beneath().local_addr()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.beneath().peer_addr()
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        let is_refused = option.name() == OptionName::NoDelay || option.validate().is_err();
        match (self.defect, option) {
            (Defect::IgnoresOptions, _) if is_refused => Ok(()),
            (Defect::RoundsLingerDown, SocketOption::Linger(Some(time))) => {
                let seconds = Duration::from_secs(time.as_secs());
                self.beneath().set_linger(Some(seconds))
            }
            _ => self.beneath().set_option(option),
        }
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        self.beneath().option(name)
    }

    fn poll_peek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.defect {
            Defect::PeeksForGood => self.pinned().poll_read(cx, buf),
            _ => self.pinned().poll_peek(cx, buf),
        }
    }
}
