use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use net_traits::Stream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::{Accept, server};

use crate::failure::{explain, timed_out};
use crate::presented::noting;

/// The server's side of a handshake, with its timeout.
pub(crate) struct Accepting<S> {
    accept: Accept<S>,
    timeout: Duration,
    /// Set by the first poll: a stream may be created outside of a runtime.
    timer: Option<Pin<Box<Sleep>>>,
    refused: Option<CertificateDer<'static>>,
}

impl<S> Accepting<S> {
    pub(crate) fn new(accept: Accept<S>, timeout: Duration) -> Self {
        Accepting {
            accept,
            timeout,
            timer: None,
            refused: None,
        }
    }

    pub(crate) fn get_ref(&self) -> Option<&S> {
        self.accept.get_ref()
    }
}

impl<S: Stream> Accepting<S> {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<server::TlsStream<S>>> {
        let accept = Pin::new(&mut self.accept);
        if let Poll::Ready(done) = noting(&mut self.refused, || accept.poll(cx)) {
            return Poll::Ready(done.map_err(|error| explain(error, self.refused.as_ref())));
        }
        let timeout = self.timeout;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(timeout)));
        let late = timer.as_mut().poll(cx);
        late.map(|()| Err(timed_out(timeout)))
    }
}
