//! Running a program to its end and taking what it printed.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What a finished program left.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) elapsed: Duration,
}

impl Finished {
    /// How it ended, and its last lines, where programs say what went wrong.
    pub(crate) fn complaint(&self) -> String {
        // WasmEdge complains on standard output.
        let said = if self.stderr.trim_ascii().is_empty() {
            &self.stdout
        } else {
            &self.stderr
        };
        let text = String::from_utf8_lossy(said);
        let mut lines: Vec<&str> = text.trim().lines().rev().take(8).collect();
        lines.reverse();
        if lines.is_empty() {
            return self.status.to_string();
        }
        format!("{}: {}", self.status, lines.join("\n"))
    }
}

/// Runs a program without showing its output; an error tells what it printed.
pub(crate) fn capture(command: &mut Command) -> Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    let finished = Finished {
        status: output.status,
        stdout: output.stdout,
        stderr: output.stderr,
        elapsed: start.elapsed(),
    };
    if !finished.status.success() {
        bail!("{program} failed: {}", finished.complaint());
    }
    Ok(finished.stdout)
}

/// Runs a program whose output goes to the terminal; any exit code but 0 is an error.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    if !status.success() {
        bail!("{program}: {status}");
    }
    Ok(())
}

/// As [`show`], for a program that runs guests: none of them gets a file as its output.
///
/// wasi-go opens its standard output anew, and so overwrites what a file already holds. With a
/// label, each line begins with it, for programs that run at the same time.
pub(crate) fn show_guests(command: &mut Command, label: Option<&str>) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    if label.is_some() || !io::stdout().is_terminal() {
        command.stdout(Stdio::piped());
    }
    if label.is_some() || !io::stderr().is_terminal() {
        command.stderr(Stdio::piped());
    }
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| stdout.map(|pipe| copy_lines(pipe, io::stdout(), label)));
        scope.spawn(|| stderr.map(|pipe| copy_lines(pipe, io::stderr(), label)));
    });
    let status = child.wait().context("waiting for a child")?;
    if !status.success() {
        bail!("{program}: {status}");
    }
    Ok(())
}

/// Hands everything on: line by line behind a label, or as it comes.
fn copy_lines(from: impl Read, mut to: impl Write, label: Option<&str>) {
    let Some(label) = label else {
        return copy(from, to);
    };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.extend_from_slice(label.as_bytes());
        line.extend_from_slice(b" | ");
        match from.read_until(b'\n', &mut line) {
            // When nobody reads it any more, there is nobody to tell.
            Ok(1..) if to.write_all(&line).is_ok() => line.clear(),
            _ => return,
        }
    }
}

/// Hands everything on as it comes.
pub(crate) fn copy(mut from: impl Read, mut to: impl Write) {
    // When nobody reads it any more, there is nobody to tell.
    let _ = io::copy(&mut from, &mut to).and_then(|_| to.flush());
}

/// Runs a program, which is killed when it has not ended in time.
pub(crate) fn capture_within(command: &mut Command, limit: Duration) -> Result<Finished> {
    capture_with_input(command, "", limit)
}

/// As [`capture_within`], for a program that reads its standard input.
pub(crate) fn capture_with_input(
    command: &mut Command,
    input: &str,
    limit: Duration,
) -> Result<Finished> {
    let program = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_owned();
        // A program that does not read it to its end is free not to.
        thread::spawn(move || stdin.write_all(input.as_bytes()));
    }
    let (sender, receiver) = mpsc::channel();
    read_to_end(child.stdout.take(), 0, sender.clone());
    read_to_end(child.stderr.take(), 1, sender);
    let mut outputs = [Vec::new(), Vec::new()];
    for _ in 0..2 {
        let left = limit.saturating_sub(start.elapsed());
        let Ok((index, bytes)) = receiver.recv_timeout(left) else {
            end(&mut child);
            bail!("{program} did not end within {limit:?}");
        };
        outputs[index] = bytes;
    }
    let status = child.wait().context("waiting for a child")?;
    let elapsed = start.elapsed();
    let [stdout, stderr] = outputs;
    Ok(Finished {
        status,
        stdout,
        stderr,
        elapsed,
    })
}

/// Kills a child and waits for it, so that nothing of it stays.
pub(crate) fn end(child: &mut Child) {
    // Both fail only for a child that has already ended.
    let _ = child.kill();
    let _ = child.wait();
}

fn read_to_end(
    pipe: Option<impl Read + Send + 'static>,
    index: usize,
    done: mpsc::Sender<(usize, Vec<u8>)>,
) {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = done.send((index, bytes));
    });
}
