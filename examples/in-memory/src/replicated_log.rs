//! A replicated log by Raft: an acknowledged entry is in the log of a majority of the
//! nodes, and is never lost.
//!
//! It has no persistence, no snapshots and no membership changes. Nodes communicate
//! over any [`Dialer`] and [`Listener`](net::Listener): one line for a request, one
//! line for its response.
//!
//! Source: D. Ongaro and J. Ousterhout, "In Search of an Understandable
//! Consensus Algorithm", 2014.

mod message;
mod node;
mod state;

pub use node::Node;
pub use state::Mistake;

use message::{Answer, Question};
use net::{Dialer, Error, Result};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// The maximum length of a request.
const LONGEST_LINE: u64 = 1 << 20;

/// Asks a node to append an entry. Returns `true` if the entry is committed. After
/// `false` or an error, it may or may not be committed, now or later.
///
/// # Errors
///
/// Returns an error if the node cannot be reached.
pub async fn propose(dialer: &impl Dialer, node: &str, entry: &str) -> Result<bool> {
    let question = Question::Propose(entry.to_owned());
    Ok(ask(dialer, node, &question).await?.is_yes)
}

async fn ask(dialer: &impl Dialer, node: &str, question: &Question) -> Result<Answer> {
    let mut stream = dialer.dial("tcp", node).await?;
    stream.write_all(question.to_string().as_bytes()).await?;
    let mut line = String::new();
    let mut reader = BufReader::new(stream.take(LONGEST_LINE));
    reader.read_line(&mut line).await?;
    line.parse().map_err(invalid)
}

fn invalid(line: message::Malformed) -> Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, line).into()
}
