//! A server process that ends with the value that stands for it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::child_output;

/// The time limit for a server to listen; wasi-go compiles the module before.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The time limit for a server to end after it was asked to.
const END_LIMIT: Duration = Duration::from_secs(20);

/// A server that listens.
#[derive(Debug)]
pub(crate) struct RunningServer {
    child: Child,
    url: String,
    stderr: Arc<Mutex<String>>,
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
        let stderr = Arc::default();
        if let Some(pipe) = child.stderr.take() {
            let lines = Arc::clone(&stderr);
            thread::spawn(move || keep_lines(pipe, &lines));
        }
        // From here on, the guard ends the process whatever happens.
        let mut server = Self {
            child,
            url: String::new(),
            stderr,
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

    /// Returns the ID of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to end, with SIGTERM.
    pub(crate) fn ask_to_end(&self) -> Result<()> {
        child_output::capture(Command::new("kill").args(["-TERM", &self.id().to_string()]))?;
        Ok(())
    }

    /// Waits until a server that was asked to end has ended.
    pub(crate) fn wait(mut self) -> Result<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < END_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        bail!("it still ran {END_LIMIT:?} after it was asked to end")
    }

    /// Ends a server, which must exit with code 0 if it was told so.
    pub(crate) fn end(self, is_told: bool) -> Result<()> {
        self.ask_to_end()?;
        let status = self.wait()?;
        if is_told && !status.success() {
            bail!("asked to end, it ended with {status}");
        }
        Ok(())
    }

    /// Returns the URL that it listens on.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns what it printed to standard error so far.
    pub(crate) fn stderr(&self) -> String {
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        stderr.clone()
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        child_output::end(&mut self.child);
    }
}

/// Forwards what a server prints to standard error, and keeps it.
fn keep_lines(pipe: impl Read, kept: &Mutex<String>) {
    for line in BufReader::new(pipe).lines() {
        let Ok(line) = line else { return };
        eprintln!("{line}");
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_str(&line);
        kept.push('\n');
    }
}
