//! One test's connection: what it asks for, and what it has started.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use net_peers::protocol::{Answer, Ran, Request};

use super::process::Running;
use super::{programs, servers};
use crate::child_output::capture_with_input;
use crate::workspace;

/// How long a client program may run.
const LIMIT: Duration = Duration::from_secs(60);

/// Answers until the test is gone; then what it has started is ended.
pub(crate) fn serve(stream: &TcpStream) {
    let mut server = None;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { break };
        let answer = match serde_json::from_str(&line) {
            Ok(request) => answer(request, &mut server),
            Err(error) => Answer::Failed(format!("{line:?}: {error}")),
        };
        if say(stream, &answer).is_err() {
            break;
        }
    }
}

fn say(mut stream: &TcpStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_string(answer)?;
    line.push('\n');
    stream.write_all(line.as_bytes())
}

fn answer(request: Request, server: &mut Option<Running>) -> Answer {
    let answer = match request {
        Request::Run {
            program,
            args,
            input,
        } => match programs::command(&program) {
            Ok(mut command) => run(command.args(args), &input),
            Err(error) => return missing(&program, &error),
        },
        Request::Start(name) => match servers::set_up(&name) {
            Ok(ready) => Running::start(ready).map(|running| {
                let addresses = running.addresses().clone();
                *server = Some(running);
                Answer::Started(addresses)
            }),
            Err(error) => return missing(&name, &error),
        },
        Request::Kill => started(server).map(|running| {
            running.kill();
            Answer::Killed
        }),
        Request::Restart => started(server).and_then(|running| {
            running.restart()?;
            Ok(Answer::Started(running.addresses().clone()))
        }),
    };
    answer.unwrap_or_else(|error| Answer::Failed(format!("{error:#}")))
}

fn started(server: &mut Option<Running>) -> Result<&mut Running> {
    server.as_mut().context("this connection started no server")
}

fn run(command: &mut Command, input: &str) -> Result<Answer> {
    let finished = capture_with_input(command, input, LIMIT)?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Answer::Ran(Ran {
        status: finished.status.code().unwrap_or(-1),
        stdout: text(finished.stdout),
        stderr: text(finished.stderr),
    }))
}

/// In continuous integration, what is missing is a failure.
fn missing(name: &str, error: &anyhow::Error) -> Answer {
    let why = format!("{name}: {error:#}");
    if workspace::in_ci() {
        Answer::Failed(why)
    } else {
        Answer::Missing(why)
    }
}
