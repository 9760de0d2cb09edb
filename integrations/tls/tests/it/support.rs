//! Shared by the tests.

use std::time::Duration;

use net::prelude::*;
use net::{Dialer, Network, Result};
use net_tls::{ClientConfig, Roots, ServerConfig, TlsDialer, TlsListener, TlsStream};

use super::provider;

/// A generous bound for what takes no time on an idle machine.
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

/// The roots with the authority of the tests.
pub(crate) fn roots() -> Roots {
    let authority = include_bytes!("certificates/authority.pem");
    Roots::none().with_pem(authority).expect("an authority")
}

pub(crate) fn client_config() -> ClientConfig {
    ClientConfig::new(&provider(), roots()).expect("a provider of TLS")
}

pub(crate) fn server_config() -> ServerConfig {
    ServerConfig::new(&provider(), certificate!("localhost")).expect("a key of its certificate")
}

pub(crate) fn dialer<N: Network + Clone + 'static>(net: &N) -> TlsDialer<N> {
    TlsDialer::new(net.clone(), client_config())
}

type StreamOf<N> = TlsStream<<N as Dialer>::Stream>;

/// The two ends of a connection.
pub(crate) type Ends<N> = (StreamOf<N>, StreamOf<N>);

/// A listener and its port.
pub(crate) async fn listen<N: Network>(
    net: &N,
    config: ServerConfig,
) -> Result<(TlsListener<N::Listener>, u16)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let port = listener.local_addr()?.port().expect("a port");
    Ok((TlsListener::new(listener, config), port))
}

/// Returns both ends, once their handshakes are done.
pub(crate) async fn connect<N: Network + Clone + 'static>(
    net: &N,
    client: ClientConfig,
    server: ServerConfig,
) -> Result<Ends<N>> {
    let (listener, port) = listen(net, server).await?;
    connect_to(net, client, &listener, port).await
}

pub(crate) async fn connect_to<N: Network + Clone + 'static>(
    net: &N,
    client: ClientConfig,
    listener: &TlsListener<N::Listener>,
    port: u16,
) -> Result<Ends<N>> {
    let accept = async {
        let (mut accepted, _) = listener.accept().await?;
        accepted.handshake().await?;
        Result::<_>::Ok(accepted)
    };
    let dialer = TlsDialer::new(net.clone(), client);
    let address = format!("localhost:{port}");
    tokio::try_join!(dialer.dial("tcp", &address), accept)
}

pub(crate) async fn pair<N: Network + Clone + 'static>(net: &N) -> Result<Ends<N>> {
    connect(net, client_config(), server_config()).await
}

/// Returns both ends, once the client has also read what a server sends right after
/// the handshake: its tickets.
pub(crate) async fn settled<N: Network + Clone + 'static>(
    net: &N,
    client: ClientConfig,
    listener: &TlsListener<N::Listener>,
    port: u16,
) -> Result<Ends<N>> {
    let (mut dialed, mut accepted) = connect_to(net, client, listener, port).await?;
    accepted.write_u8(1).await?;
    dialed.read_u8().await?;
    Ok((dialed, accepted))
}
