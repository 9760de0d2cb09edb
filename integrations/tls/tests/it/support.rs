//! What the tests share.

use std::time::Duration;

use net::prelude::*;
use net::{Backend, NetOver, Result};
use net_tls::{Identity, Provider, Roots, TlsDialer, TlsListener, TlsStream};

/// A bound for what happens at once on a machine that has nothing else to do.
pub(crate) const SOON: Duration = Duration::from_secs(10);

macro_rules! certificate {
    ($name:literal) => {
        net_tls::Identity::from_pem(
            include_bytes!(concat!("certificates/", $name, ".pem")),
            include_bytes!(concat!("certificates/", $name, ".key")),
        )
        .expect("a certificate of the repository")
    };
}
pub(crate) use certificate;

pub(crate) fn provider() -> Provider {
    Provider::rustcrypto()
}

/// Those who trust the authority of the tests.
pub(crate) fn roots() -> Roots {
    let authority = include_bytes!("certificates/authority.pem");
    Roots::none().with_pem(authority).expect("an authority")
}

pub(crate) fn dialer<B: Backend>(net: &NetOver<B>) -> TlsDialer<NetOver<B>> {
    TlsDialer::new(net.clone(), &provider(), roots()).expect("a provider of TLS")
}

type ListenerOf<B> = <B as Backend>::Listener;
type StreamOf<B> = <B as Backend>::Stream;

/// A listener that shows an identity, and its port.
pub(crate) async fn listen<B: Backend>(
    net: &NetOver<B>,
    identity: Identity,
) -> Result<(TlsListener<ListenerOf<B>>, u16)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let port = listener.local_addr()?.port().expect("a port");
    Ok((TlsListener::new(listener, &provider(), identity)?, port))
}

/// The two ends of a connection; both have done their handshake.
pub(crate) async fn pair<B: Backend>(
    net: &NetOver<B>,
) -> Result<(TlsStream<StreamOf<B>>, TlsStream<StreamOf<B>>)> {
    let (listener, port) = listen(net, certificate!("localhost")).await?;
    let accept = async {
        let (mut accepted, _) = listener.accept().await?;
        accepted.handshake().await?;
        Result::<_>::Ok(accepted)
    };
    let dialer = dialer(net);
    let address = format!("127.0.0.1:{port}");
    tokio::try_join!(dialer.dial("tcp", &address), accept)
}
