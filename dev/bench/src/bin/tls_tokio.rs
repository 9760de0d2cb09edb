//! The same with tokio-rustls on plain tokio: `tls_tokio PROVIDER`.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use bench::tls::{AUTHORITY, CHAIN, HANDSHAKES, KEY, provider, report, transfer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::{self, CryptoProvider};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

fn main() -> Result<(), Box<dyn Error>> {
    let provider = match &*provider() {
        "rustcrypto" => rustls_rustcrypto::provider(),
        "ring" => crypto::ring::default_provider(),
        other => panic!("no provider {other}"),
    };
    let provider = Arc::new(provider);
    let (connector, acceptor) = (client(&provider)?, server(&provider)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&connector, &acceptor))
}

async fn measure(connector: &TlsConnector, acceptor: &TlsAcceptor) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let connect = async || {
        let dial = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            connector.connect(address.ip().into(), stream).await
        };
        let accept = async {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            acceptor.accept(stream).await
        };
        tokio::try_join!(dial, accept)
    };
    let start = Instant::now();
    for _ in 0..HANDSHAKES {
        connect().await?;
    }
    let handshakes = start.elapsed();
    let (from, to) = connect().await?;
    report(handshakes, transfer(from, to).await);
    Ok(())
}

fn client(provider: &Arc<CryptoProvider>) -> Result<TlsConnector, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY)?)?;
    let config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config).into())
}

fn server(provider: &Arc<CryptoProvider>) -> Result<TlsAcceptor, Box<dyn Error>> {
    let chain = vec![CertificateDer::from_pem_slice(CHAIN)?];
    let config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_slice(KEY)?)?;
    Ok(Arc::new(config).into())
}
