//! What test and launcher say to each other: lines of JSON, over a connection
//! for each program. Its end ends the program.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The environment variable with the launcher's address.
pub const VARIABLE: &str = "NET_TEST_PEERS";

/// What a test asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Run a client program to its end.
    Run {
        /// Its name, such as `curl`.
        program: String,
        /// Its arguments.
        args: Vec<String>,
        /// Its standard input.
        input: String,
    },
    /// Start a server, by its name. Its data is new and empty.
    Start(String),
    /// End the server that this connection has started, at once.
    Kill,
    /// Start it again, with its data and at its addresses.
    Restart,
}

/// What the launcher answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Request::Run`].
    Ran(Ran),
    /// To [`Request::Start`] and [`Request::Restart`]: it listens at these
    /// addresses, each with its name.
    Started(BTreeMap<String, String>),
    /// To [`Request::Kill`].
    Killed,
    /// There is no such program on this machine, and nobody insists on it.
    Missing(String),
    /// It does not work.
    Failed(String),
}

/// What a program left that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// Its exit code; -1 if a signal has ended it.
    pub status: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}
