//! A log that a few nodes keep in common, by Raft: an entry that is
//! acknowledged is in the log of a majority, and stays.
//!
//! It is small: no disk, no snapshots, no change of members. Nodes talk over
//! any [`Dialer`] and [`Listener`](net::Listener), a line for a
//! question and a line for its answer.
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

/// No question is longer.
const LONGEST_LINE: u64 = 1 << 20;

/// Asks a node to add an entry; `true` if it is in the log for good. After
/// `false` or an error it may be in there, now or later.
///
/// # Errors
///
/// If the node cannot be reached.
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
