//! This crate alone is enough to implement each trait.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use net::{
    Address, AsyncRead, AsyncWrite, Dialer, Endpoint, Error, Family, Listener, Operation,
    OptionName, ReadBuf, Resolver, Result, SocketOption, Stream, async_trait,
};

/// A stream that has ended.
#[derive(Debug)]
struct Ended;

impl AsyncRead for Ended {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Ended {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Stream for Ended {
    type ReadHalf = Ended;
    type WriteHalf = Ended;

    fn into_split(self) -> (Ended, Ended) {
        (Ended, Ended)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        "127.0.0.1:1".parse()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        "127.0.0.1:2".parse()
    }

    fn set_option(&self, _: SocketOption) -> Result<()> {
        Ok(())
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        let refused = net::UnsupportedOption::new(name, "the test");
        Err(Error::new(Operation::GetOption, refused))
    }
}

#[derive(Debug)]
struct One;

#[async_trait]
impl Dialer for One {
    type Stream = Ended;

    async fn dial_to(&self, _: Address) -> Result<Ended> {
        Ok(Ended)
    }
}

#[async_trait]
impl Listener for One {
    type Stream = Ended;

    async fn accept(&self) -> Result<(Ended, Endpoint)> {
        Ok((Ended, "127.0.0.1:2".parse()?))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        "127.0.0.1:1".parse()
    }
}

#[async_trait]
impl Resolver for One {
    async fn lookup(&self, _: &str, _: Family) -> Result<Vec<IpAddr>> {
        Ok(vec![[127, 0, 0, 1].into()])
    }
}

#[test]
fn a_program_needs_no_other_crate_for_a_dialer_a_listener_and_a_resolver() {
    net::block_on(async {
        let stream = One.dial("tcp", "h:1").await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().port(), Some(2));
        let (_, peer) = One.accept().await.unwrap();
        assert_eq!(peer.to_string(), "127.0.0.1:2");
        let net = net::Net::default().with_resolver(One);
        assert_eq!(net.lookup("h.test").await.unwrap().len(), 1);
    });
}
