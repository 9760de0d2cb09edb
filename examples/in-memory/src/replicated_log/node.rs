//! A node: its timers and connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use net::{Dialer, Listener, Result};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::message::{Answer, Question};
use super::state::{Mistake, State};
use super::{LONGEST_LINE, ask, invalid};

/// The interval of a leader's heartbeats.
const BEAT: Duration = Duration::from_millis(100);
/// The election timeout of the other nodes: at least this, at most twice as long.
const PATIENCE: Duration = Duration::from_millis(300);
/// The time limit of a response.
const ANSWER: Duration = Duration::from_millis(100);
/// The time that a client waits for its entry to be committed.
const COMMIT: Duration = Duration::from_secs(1);

/// A node of the log. Clones are the same node.
#[derive(Debug)]
pub struct Node<D> {
    own: usize,
    nodes: Arc<[String]>,
    dialer: D,
    state: Arc<Mutex<State>>,
}

impl<D: Clone> Clone for Node<D> {
    fn clone(&self) -> Self {
        Node {
            own: self.own,
            nodes: Arc::clone(&self.nodes),
            dialer: self.dialer.clone(),
            state: Arc::clone(&self.state),
        }
    }
}

impl<D: Dialer + Clone + 'static> Node<D> {
    /// Creates the node whose address is `nodes[own]`.
    pub fn new(dialer: D, own: usize, nodes: &[String], mistake: Mistake) -> Self {
        Node {
            own,
            nodes: nodes.into(),
            dialer,
            state: Arc::new(Mutex::new(State::new(own, nodes.len(), mistake))),
        }
    }

    /// Returns the entries that this node knows to be committed.
    #[must_use]
    pub fn committed(&self) -> Vec<String> {
        self.state().committed()
    }

    /// Runs the node for as long as the future is polled. The random election timeouts
    /// follow from the seed.
    ///
    /// # Errors
    ///
    /// Returns the listener's error.
    pub async fn run<L: Listener>(self, listener: L, seed: u64) -> Result<()>
    where
        L::Stream: 'static,
    {
        let mut tasks = JoinSet::new();
        tasks.spawn(self.clone().lead());
        tasks.spawn(self.clone().stand(seed));
        loop {
            let (stream, _) = listener.accept().await?;
            let node = self.clone();
            tasks.spawn(async move {
                // A peer that disconnects gets no response.
                let _ = node.serve(stream).await;
            });
            while tasks.try_join_next().is_some() {}
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Responds to one request.
    async fn serve(&self, stream: impl net::Stream) -> Result<()> {
        let (reader, mut writer) = stream.into_split();
        let mut line = String::new();
        let mut reader = BufReader::new(reader.take(LONGEST_LINE));
        reader.read_line(&mut line).await?;
        let answer = match line.parse().map_err(invalid)? {
            Question::Propose(entry) => self.propose(entry).await,
            Question::Vote(vote) => self.state().take_vote(&vote),
            Question::Append(append) => self.state().take_append(append),
        };
        send(&mut writer, answer).await
    }

    /// Waits until an entry is committed, or can no longer be committed by this node.
    async fn propose(&self, entry: String) -> Answer {
        let no = Answer {
            term: 0,
            is_yes: false,
        };
        let Some((term, length)) = self.state().propose(entry) else {
            return no;
        };
        self.tell_all().await;
        let waiting = async {
            loop {
                let outcome = self.state().outcome(term, length);
                match outcome {
                    Some(is_yes) => return Answer { term, is_yes },
                    None => sleep(BEAT / 4).await,
                }
            }
        };
        timeout(COMMIT, waiting).await.unwrap_or(no)
    }

    /// Stands for election when no leader has been heard.
    async fn stand(self, seed: u64) {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        loop {
            sleep(PATIENCE.mul_f64(1.0 + rng.random::<f64>())).await;
            let vote = {
                let mut state = self.state();
                if state.is_leader() || state.take_heard() {
                    continue;
                }
                state.stand()
            };
            let mut ballots = JoinSet::new();
            for node in self.others() {
                let voter = self.clone();
                let question = Question::Vote(vote.clone());
                ballots.spawn(async move { voter.ask(node, &question).await });
            }
            while let Some(answer) = ballots.join_next().await {
                let Some(answer) = answer.ok().flatten() else {
                    continue;
                };
                let is_elected = self.state().take_ballot(vote.term, answer);
                if is_elected {
                    self.tell_all().await;
                }
            }
        }
    }

    /// Sends heartbeats while it is the leader.
    async fn lead(self) {
        loop {
            self.tell_all().await;
            sleep(BEAT).await;
        }
    }

    async fn tell_all(&self) {
        let mut told = JoinSet::new();
        for node in self.others() {
            let leader = self.clone();
            told.spawn(async move { leader.tell(node).await });
        }
        told.join_all().await;
    }

    /// Replicates the log to one node.
    async fn tell(&self, node: usize) {
        loop {
            let append = {
                let state = self.state();
                if !state.is_leader() {
                    return;
                }
                state.append_for(node)
            };
            let question = Question::Append(append.clone());
            let Some(answer) = self.ask(node, &question).await else {
                return;
            };
            self.state().take_appended(node, &append, answer);
            if answer.is_yes {
                return;
            }
        }
    }

    async fn ask(&self, node: usize, question: &Question) -> Option<Answer> {
        let answer = ask(&self.dialer, &self.nodes[node], question);
        timeout(ANSWER, answer).await.ok()?.ok()
    }

    fn others(&self) -> impl Iterator<Item = usize> + use<D> {
        let own = self.own;
        (0..self.nodes.len()).filter(move |node| *node != own)
    }
}

async fn send(writer: &mut (impl AsyncWrite + Unpin), answer: Answer) -> Result<()> {
    writer.write_all(answer.to_string().as_bytes()).await?;
    writer.shutdown().await?;
    Ok(())
}
