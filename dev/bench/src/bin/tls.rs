//! Both ends of TLS in one process, on `net`: `tls PROVIDER`.

use std::time::Instant;

use bench::tls::{AUTHORITY, CHAIN, HANDSHAKES, KEY, provider, report, transfer};
use net::prelude::*;
use net::tls::{ClientConfig, Identity, Provider, Roots, ServerConfig, TlsDialer, TlsListener};

#[net::net_main(flavor = "current_thread")]
async fn main(net: net::Net) -> net::Result<()> {
    let provider = match &*provider() {
        "rustcrypto" => Provider::rustcrypto(),
        #[cfg(feature = "ring")]
        "ring" => Provider::ring(),
        other => panic!("no provider {other}"),
    };
    let server = ServerConfig::new(&provider, Identity::from_pem(CHAIN, KEY)?)?;
    let client = ClientConfig::new(&provider, Roots::none().with_pem(AUTHORITY)?)?;
    let listener = TlsListener::new(net.listen("tcp", "127.0.0.1:0").await?, server);
    let address = listener.local_addr()?.to_string();
    let dialer = TlsDialer::new(net, client);
    let connect = async || {
        let accept = async {
            let (mut accepted, _) = listener.accept().await?;
            accepted.handshake().await?;
            net::Result::Ok(accepted)
        };
        tokio::try_join!(dialer.dial("tcp", &address), accept)
    };
    let start = Instant::now();
    for _ in 0..HANDSHAKES {
        // The client never reads the tickets, and so resumes nothing.
        connect().await?;
    }
    let handshakes = start.elapsed();
    let (from, to) = connect().await?;
    report(handshakes, transfer(from, to).await);
    Ok(())
}
