//! Sends the commands of one slot to the node that serves it: follows redirections, and retries
//! what no node has executed.

use std::sync::Arc;

use redis::Value;
use tokio::time::{Instant, sleep};

use crate::backoff::Backoff;
use crate::batch::{Again, Batch, Pending};
use crate::error::{ErrorKind, Result};
use crate::nodes::{Node, Nodes};
use crate::settings::Settings;

/// The most redirections that a command follows.
const MAX_REDIRECTS: usize = 16;

impl Nodes {
    /// Sends commands of one slot to the node that serves it.
    pub(crate) async fn run(self: &Arc<Self>, batch: &Batch) -> Result<Vec<Value>> {
        let reading = batch.is_read_only();
        let mut state = Pending::of(batch);
        let mut tries = Tries::new(self.settings());
        let mut again = None;
        loop {
            let generation = self.generation();
            let asking = matches!(again, Some(Again::Ask(_)));
            let node = match again.take() {
                Some(Again::Ask(address)) => self.at(&address),
                _ => self.of(batch.slot, reading && !tries.had_errors),
            };
            let asked = match node {
                Ok(node) => ask_node(&node, batch, asking, &mut state).await,
                Err(error) => Err(error),
            };
            match asked {
                Ok(None) => return Ok(state.finish()),
                Ok(Some(next)) => {
                    if !tries.may_follow(&next).await {
                        return Ok(state.finish());
                    }
                    self.heed(&next);
                    if next == Again::Later {
                        // If this fails, the next request fails too, and reports why.
                        let _ = self.refresh(generation).await;
                    }
                    again = Some(next);
                }
                Err(error) => {
                    let is_final = matches!(error.kind(), ErrorKind::Login | ErrorKind::Invalid);
                    let is_unsafe = error.was_sent() && !reading;
                    if is_final || is_unsafe || !tries.may_retry().await {
                        self.refresh_soon();
                        return Err(error);
                    }
                    let _ = self.refresh(generation).await;
                }
            }
        }
    }
}

/// Sends the pending commands of a batch. Returns why some have to be sent again, if any.
async fn ask_node(
    node: &Node,
    batch: &Batch,
    asking: bool,
    state: &mut Pending,
) -> Result<Option<Again>> {
    let request = batch.encode(&state.pending, asking);
    let answers = node.connection.raw(&request).await;
    let answers = answers.map_err(|error| error.at(&node.address))?;
    Ok(batch.take(answers, asking, state, &node.address))
}

/// Counts redirections and retries up to their limits.
struct Tries {
    redirects: usize,
    had_errors: bool,
    deadline: Instant,
    backoff: Backoff,
}

impl Tries {
    fn new(settings: &Settings) -> Self {
        Tries {
            redirects: 0,
            had_errors: false,
            deadline: Instant::now() + settings.response_timeout,
            backoff: Backoff::new(settings),
        }
    }

    async fn may_follow(&mut self, again: &Again) -> bool {
        if *again == Again::Later {
            return self.may_retry().await;
        }
        self.redirects += 1;
        self.redirects <= MAX_REDIRECTS
    }

    /// Waits before a retry. Returns `false` if it would start after the response timeout.
    async fn may_retry(&mut self) -> bool {
        self.had_errors = true;
        let pause = self.backoff.next().unwrap_or_default();
        if Instant::now() + pause >= self.deadline {
            return false;
        }
        sleep(pause).await;
        true
    }
}
