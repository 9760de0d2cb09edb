use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use net_traits::{Datagram, Endpoint, OptionName, PacketConn, Received, Result, SocketOption};

use super::Defect;

#[derive(Debug)]
pub(crate) struct BrokenPacketConn<P> {
    beneath: P,
    defect: Defect,
    last: Arc<Last>,
}

/// Who waited last.
#[derive(Debug, Default)]
struct Last(Mutex<Option<Waker>>);

impl Wake for Last {
    fn wake(self: Arc<Self>) {
        if let Some(waker) = self.0.lock().unwrap().take() {
            waker.wake();
        }
    }
}

impl<P> BrokenPacketConn<P> {
    pub(crate) fn new(beneath: P, defect: Defect) -> Self {
        let last = Arc::default();
        BrokenPacketConn {
            beneath,
            defect,
            last,
        }
    }
}

impl<P: PacketConn> PacketConn for BrokenPacketConn<P> {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        let received = self.beneath.try_recv_from(buf)?;
        let is_silent = self.defect == Defect::CutsInSilence;
        let truncated = received.truncated && !is_silent;
        Ok(received.truncated(truncated))
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        self.beneath.try_send(datagram)
    }

    fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.defect != Defect::WakesTheLastAlone {
            return self.beneath.poll_recv_ready(cx);
        }
        *self.last.0.lock().unwrap() = Some(cx.waker().clone());
        let waker = Waker::from(Arc::clone(&self.last));
        self.beneath
            .poll_recv_ready(&mut Context::from_waker(&waker))
    }

    fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.beneath.poll_send_ready(cx)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.beneath.local_addr()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.beneath.peer_addr()
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        self.beneath.set_option(option)
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        self.beneath.option(name)
    }
}
