use net_traits::{Dialer, Operation, Result, async_trait};

use crate::{ClientConfig, TlsStream};

/// A dialer whose connections are encrypted and whose peers are who they say.
///
/// The certificate must be for the host of the address that is dialed. A
/// connection is there when its handshake is done.
#[derive(Debug, Clone)]
pub struct TlsDialer<D> {
    dialer: D,
    config: ClientConfig,
}

impl<D> TlsDialer<D> {
    /// A dialer on top of another.
    pub fn new(dialer: D, config: ClientConfig) -> Self {
        TlsDialer { dialer, config }
    }

    /// The dialer beneath.
    pub fn get_ref(&self) -> &D {
        &self.dialer
    }
}

#[async_trait]
impl<D: Dialer> Dialer for TlsDialer<D> {
    type Stream = TlsStream<D::Stream>;

    async fn dial(&self, network: &str, address: &str) -> Result<Self::Stream> {
        let stream = self.dialer.dial(network, address).await?;
        let stream = self.config.connect(host_of(address), stream).await;
        stream.map_err(|error| {
            error
                .with_operation(Operation::Dial)
                .with_network(network.to_owned())
                .with_address(address)
        })
    }
}

/// `host` of `host:port`, without the brackets of IPv6.
fn host_of(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let inner = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host)
}
