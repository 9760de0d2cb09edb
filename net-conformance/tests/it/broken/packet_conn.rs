use std::io;
use std::task::{Context, Poll};

use net_traits::{Datagram, Endpoint, OptionName, PacketConn, Received, Result, SocketOption};

use super::{Broken, Defect};

#[derive(Debug)]
pub(crate) struct BrokenPacketConn<P>(pub(crate) Broken<P>);

impl<P: PacketConn> PacketConn for BrokenPacketConn<P> {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        let received = self.0.beneath.try_recv_from(buf)?;
        let is_silent = self.0.defect == Defect::CutsInSilence;
        let truncated = received.truncated && !is_silent;
        Ok(received.truncated(truncated))
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        self.0.beneath.try_send(datagram)
    }

    fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.beneath.poll_recv_ready(cx)
    }

    fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.beneath.poll_send_ready(cx)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.0.beneath.local_addr()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.0.beneath.peer_addr()
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        self.0.beneath.set_option(option)
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        self.0.beneath.option(name)
    }
}
