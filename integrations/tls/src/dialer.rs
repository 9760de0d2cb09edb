use net_traits::{Address, Dialer, Error, Host, Operation, Result, async_trait};

use crate::{ClientConfig, TlsStream, invalid};

/// A dialer that connects over TLS.
///
/// The certificate must be for the host of the dialed address. Dialing includes
/// the handshake.
#[derive(Debug, Clone)]
pub struct TlsDialer<D> {
    dialer: D,
    config: ClientConfig,
}

impl<D> TlsDialer<D> {
    /// Creates a dialer that uses another for its connections.
    pub fn new(dialer: D, config: ClientConfig) -> Self {
        TlsDialer { dialer, config }
    }

    /// Returns the underlying dialer.
    pub fn get_ref(&self) -> &D {
        &self.dialer
    }
}

#[async_trait]
impl<D: Dialer> Dialer for TlsDialer<D> {
    type Stream = TlsStream<D::Stream>;

    async fn dial_to(&self, address: Address) -> Result<Self::Stream> {
        let describe = |error: Error| error.with_operation(Operation::Dial).with_target(&address);
        let host = server_name(&address).map_err(describe)?;
        let stream = self.dialer.dial_to(address.clone()).await?;
        self.config.connect(&host, stream).await.map_err(describe)
    }
}

/// Returns the host that the certificate must be for.
fn server_name(address: &Address) -> Result<String> {
    match address.host() {
        Some(Host::Ip { ip, .. }) => Ok(ip.to_string()),
        Some(Host::Name(name)) => Ok(name.to_string()),
        _ => Err(invalid("TLS needs the host of the server")),
    }
}
