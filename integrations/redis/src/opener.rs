use std::fmt;
use std::sync::Arc;

use net_traits::{BoxStream, Dialer};

use crate::error::Result;
use crate::open::open;
use crate::sentinel::Sentinels;
use crate::settings::Settings;
use crate::wire::Wire;

/// Opens connections to the server of a client, and logs in.
#[derive(Clone)]
pub(crate) struct Opener {
    pub(crate) dialer: Arc<dyn Dialer<Stream = BoxStream>>,
    pub(crate) settings: Arc<Settings>,
    /// The sentinels to ask for the server's address, if the settings hold a master's name.
    pub(crate) sentinels: Option<Arc<Sentinels>>,
}

impl Opener {
    /// Returns the server's address, or the name of the master that sentinels monitor.
    pub(crate) fn address(&self) -> &Arc<str> {
        &self.settings.target.address
    }

    /// Returns whether each connection must be to the current master.
    pub(crate) fn follows_master(&self) -> bool {
        let sentinels = self.sentinels.as_ref();
        sentinels.is_some_and(|sentinels| !sentinels.replicas)
    }

    /// Dials and logs in.
    pub(crate) async fn open(&self) -> Result<Wire> {
        if let Some(sentinels) = &self.sentinels {
            return sentinels.open(&*self.dialer, &self.settings).await;
        }
        let Settings {
            target,
            connect_timeout,
            max_answer_bytes,
            ..
        } = &*self.settings;
        let opened = open(&*self.dialer, target, *connect_timeout, *max_answer_bytes);
        opened.await.map_err(|error| error.at(self.address()))
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}
