//! A server process that ends with the value that stands for it.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::child_output;

/// How long a server may take until it listens; wasi-go compiles the module before.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long one may take to end that was told to.
const END_LIMIT: Duration = Duration::from_secs(20);

/// A server that listens.
#[derive(Debug)]
pub(crate) struct RunningServer {
    child: Child,
    url: String,
}

impl RunningServer {
    /// Starts a server and waits for its line `listening on URL`.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Not inherited: wasi-go overwrites what a file already holds.
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let stdout = child.stdout.take();
        if let Some(stderr) = child.stderr.take() {
            thread::spawn(|| child_output::copy(stderr, io::stderr()));
        }
        // From here on, the guard ends the process whatever happens.
        let mut server = Self {
            child,
            url: String::new(),
        };
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            // Read to the end, or the server would block once the pipe is full.
            for line in stdout
                .into_iter()
                .flat_map(|pipe| BufReader::new(pipe).lines())
            {
                let Ok(line) = line else { break };
                // Only the first line is waited for.
                let _ = sender.send(line);
            }
        });
        let line = match receiver.recv_timeout(START_LIMIT) {
            Ok(line) => line,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                bail!("{program} did not listen within {START_LIMIT:?}")
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                bail!(
                    "{program} ended before it listened: {}",
                    server.child.wait()?
                )
            }
        };
        match line.strip_prefix("listening on ") {
            Some(url) => url.clone_into(&mut server.url),
            None => bail!("{program} printed {line:?}, not `listening on URL`"),
        }
        Ok(server)
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of a server that was told to stop.
    pub(crate) fn wait(mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < END_LIMIT {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("it ended with {status}"),
                None => thread::sleep(Duration::from_millis(10)),
            }
        }
        bail!("it still ran {END_LIMIT:?} after it was told to stop")
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        child_output::end(&mut self.child);
    }
}
