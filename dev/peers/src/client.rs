use std::collections::BTreeMap;
use std::env;

use net::Stream;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::protocol::{Answer, Ran, Request, VARIABLE};

/// Runs a client program to its end, such as curl.
///
/// `None` if nobody starts programs here, or this one is not to be had.
///
/// # Panics
///
/// If the program cannot be run, or does not end within a minute.
pub async fn run(program: &str, args: &[&str]) -> Option<Ran> {
    run_with_input(program, args, "").await
}

/// As [`run`], for a program that reads its standard input.
///
/// # Panics
///
/// As [`run`].
pub async fn run_with_input(program: &str, args: &[&str], input: &str) -> Option<Ran> {
    let request = Request::Run {
        program: program.to_owned(),
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        input: input.to_owned(),
    };
    match Launcher::connect().await?.ask(&request).await? {
        Answer::Ran(ran) => Some(ran),
        other => panic!("{program}: {other:?}"),
    }
}

/// Starts a server of others. It listens when this returns.
///
/// `None` if nobody starts programs here, or this one is not to be had.
///
/// # Panics
///
/// If the server does not start.
pub async fn start(server: &str) -> Option<Server> {
    let mut launcher = Launcher::connect().await?;
    let addresses = launcher.start(&Request::Start(server.to_owned())).await?;
    Some(Server {
        launcher,
        addresses,
    })
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    launcher: Launcher,
    addresses: BTreeMap<String, String>,
}

impl Server {
    /// Where it listens, such as `127.0.0.1:11211`, by the name that its
    /// launcher gives to this address.
    ///
    /// # Panics
    ///
    /// If it has no address of this name.
    #[must_use]
    pub fn address(&self, name: &str) -> &str {
        match self.addresses.get(name) {
            Some(address) => address,
            None => panic!("no address {name} among {:?}", self.addresses),
        }
    }

    /// Ends it at once, as a crash would.
    ///
    /// # Panics
    ///
    /// If nobody is there any more who can.
    pub async fn kill(&mut self) {
        let answer = self.launcher.ask(&Request::Kill).await;
        assert_eq!(answer, Some(Answer::Killed));
    }

    /// Ends it where it still runs, and starts it again with its data and at
    /// its addresses.
    ///
    /// # Panics
    ///
    /// If it does not start again.
    pub async fn restart(&mut self) {
        let addresses = self.launcher.start(&Request::Restart).await;
        assert_eq!(addresses.as_ref(), Some(&self.addresses));
    }
}

/// A connection to whom programs are asked of.
#[derive(Debug)]
struct Launcher {
    stream: BufReader<net::target::Stream>,
}

impl Launcher {
    async fn connect() -> Option<Self> {
        let Ok(address) = env::var(VARIABLE) else {
            eprintln!("skipped: no {VARIABLE}, `cargo xtask test` offers programs to tests");
            return None;
        };
        let stream = net::dial("tcp", &address).await.expect(VARIABLE);
        // Not every host has the option, and none is needed for it to work.
        let _ = stream.set_nodelay(true);
        Some(Launcher {
            stream: BufReader::new(stream),
        })
    }

    /// Asks; `None` where the program is missing.
    async fn ask(&mut self, request: &Request) -> Option<Answer> {
        let mut line = serde_json::to_string(request).expect("a request is JSON");
        line.push('\n');
        let written = self.stream.write_all(line.as_bytes()).await;
        written.expect("the launcher listens");
        line.clear();
        let read = self.stream.read_line(&mut line).await;
        read.expect("the launcher answers");
        match serde_json::from_str(&line).expect("an answer of the launcher") {
            Answer::Missing(why) => {
                eprintln!("skipped: {why}");
                None
            }
            Answer::Failed(why) => panic!("{why}"),
            answer => Some(answer),
        }
    }

    async fn start(&mut self, request: &Request) -> Option<BTreeMap<String, String>> {
        match self.ask(request).await? {
            Answer::Started(addresses) => Some(addresses),
            other => panic!("{other:?}"),
        }
    }
}
