use net_traits::{Endpoint, Listener, Result, UnixAddress, async_trait};

use super::Defect;
use super::stream::BrokenStream;

#[derive(Debug)]
pub(crate) struct BrokenListener<L> {
    /// There until it is dropped.
    beneath: Option<L>,
    defect: Defect,
}

impl<L> BrokenListener<L> {
    pub(crate) fn new(beneath: L, defect: Defect) -> Self {
        BrokenListener {
            beneath: Some(beneath),
            defect,
        }
    }

    fn beneath(&self) -> &L {
        self.beneath.as_ref().unwrap()
    }
}

impl<L> Drop for BrokenListener<L> {
    fn drop(&mut self) {
        if self.defect == Defect::LeaksListeners {
            std::mem::forget(self.beneath.take());
        }
    }
}

#[async_trait]
impl<L: Listener> Listener for BrokenListener<L> {
    type Stream = BrokenStream<L::Stream>;

    async fn accept(&self) -> Result<(Self::Stream, Endpoint)> {
        let (stream, peer) = self.beneath().accept().await?;
        if self.defect == Defect::DropsWhatItAccepted {
            tokio::task::yield_now().await;
        }
        Ok((BrokenStream::new(stream, self.defect), peer))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        match self.defect {
            Defect::ForgetsAddresses => Ok(UnixAddress::unnamed().into()),
            _ => self.beneath().local_addr(),
        }
    }
}
