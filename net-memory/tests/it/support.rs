use net_dial::Net;
use net_memory::{Host, Listener, Network, Stream};
use net_traits::{Listener as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

pub(crate) struct Pair {
    pub(crate) network: Network,
    pub(crate) client: Net<Host>,
    pub(crate) server: Net<Host>,
}

/// A network with a client and a server.
pub(crate) fn pair() -> Pair {
    pair_with_seed(0)
}

pub(crate) fn pair_with_seed(seed: u64) -> Pair {
    let network = Network::with_seed(seed);
    Pair {
        client: Net::new(network.host("client")),
        server: Net::new(network.host("server")),
        network,
    }
}

impl Pair {
    pub(crate) async fn listen(&self) -> Result<Listener> {
        self.server.listen("tcp", ":80").await
    }

    /// The ends of a connection: the client's and the server's.
    pub(crate) async fn connect(&self) -> Result<(Stream, Stream)> {
        let listener = self.listen().await?;
        let dialed = self.client.dial("tcp", "server:80");
        let (dialed, (accepted, _)) = tokio::try_join!(dialed, listener.accept())?;
        Ok((dialed, accepted))
    }
}

/// Sends bytes through a connection and checks that they arrive.
pub(crate) async fn exchange(from: &mut Stream, to: &mut Stream, bytes: &[u8]) -> Result<()> {
    let mut read = vec![0; bytes.len()];
    let (wrote, got) = tokio::join!(from.write_all(bytes), to.read_exact(&mut read));
    wrote?;
    got?;
    assert_eq!(read, bytes);
    Ok(())
}
