use net_traits::{Dialer, Error, Host, HostPort, Operation, Result, async_trait};

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

    async fn dial(&self, network: &str, address: &str) -> Result<Self::Stream> {
        let describe = |error: Error| {
            error
                .with_operation(Operation::Dial)
                .with_network(network.to_owned())
                .with_address(address)
        };
        let host = server_name(address).map_err(describe)?;
        let stream = self.dialer.dial(network, address).await?;
        self.config.connect(&host, stream).await.map_err(describe)
    }
}

/// Returns the host that the certificate must be for.
fn server_name(address: &str) -> Result<String> {
    let HostPort { host, .. } = address.parse()?;
    match host {
        Host::Ip { ip, .. } => Ok(ip.to_string()),
        Host::Name(name) => Ok(name),
        _ => Err(invalid("TLS needs the host of the server")),
    }
}
