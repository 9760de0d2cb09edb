//! `bench`: what is measured, as tables. Compare ratios within one run.

mod calls;
mod client;
mod crowd;
mod gets;
mod http;
mod idle;
mod memory;
mod overhead;
mod programs;
mod selects;
mod start;
mod streams;
mod timers;
mod tls;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::setup_hosts;
use crate::steps::Steps;
use programs::Programs;

pub(crate) const AFTER_HELP: &str = "\
Machines are noisy: compare numbers of one run with each other, on a machine
that does nothing else.

Examples:
  cargo xtask bench                    everything
  cargo xtask bench http overhead      two of them
  cargo xtask bench timers --quiet 60  how late timers are after a quiet minute";

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to measure; everything where nothing is named
    what: Vec<Subject>,
    /// How long each HTTP server is loaded, in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// How many idle connections `idle` and `crowd` open
    #[arg(long, default_value_t = 1000)]
    connections: usize,
    /// How many quiet seconds come before each kind of timer
    #[arg(long, default_value_t = 0)]
    quiet: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// HTTP requests a second over 32 connections, by wrk
    Http,
    /// HTTP/2 requests a second over 4 connections, by h2load
    Http2,
    /// Instructions and time of a request by the client, against hyper-util's; by valgrind
    Client,
    /// Instructions and time of a 64-byte ping-pong, against plain tokio; by valgrind
    Overhead,
    /// Instructions and time of a unary gRPC call, against tonic's transport; by valgrind
    Grpc,
    /// Instructions and time of a request to the HTTP server, against bare hyper; by valgrind
    HttpServer,
    /// Instructions and time of a WebSocket echo, against tokio-tungstenite; by valgrind
    Websocket,
    /// Processor time of a server with idle connections
    Idle,
    /// How late timers are
    Timers,
    /// What a request costs beside idle connections, 10 and many
    Crowd,
    /// From the start of a program to its first answer
    Start,
    /// What a socket call costs on net-run
    Calls,
    /// Gets from memcached a second, against `memcache-async`
    Memcache,
    /// Messages and hosts of a network inside the process
    Memory,
    /// Selects of one row and of 10,000, against `mysql_async`
    Mysql,
    /// Selects of one row and of 10,000, against tokio-postgres
    Postgres,
    /// Gets from Redis a second, against redis-rs
    Redis,
    /// Bodies of 1 GiB: bytes a second and memory
    Streams,
    /// Handshakes and bytes a second of TLS, against plain tokio
    Tls,
}

impl Subject {
    const ALL: &[Self] = &[
        Self::Http,
        Self::Http2,
        Self::Client,
        Self::Overhead,
        Self::Grpc,
        Self::HttpServer,
        Self::Websocket,
        Self::Idle,
        Self::Timers,
        Self::Crowd,
        Self::Start,
        Self::Calls,
        Self::Memcache,
        Self::Memory,
        Self::Mysql,
        Self::Postgres,
        Self::Redis,
        Self::Streams,
        Self::Tls,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Http => "HTTP hello, 32 connections, one thread",
            Self::Http2 => "HTTP/2 hello, 4 connections with 8 streams each, one thread",
            Self::Client => "HTTP requests by a client, one at a time",
            Self::Overhead => "64-byte ping-pong",
            Self::Grpc => "unary gRPC call, 8 at once",
            Self::HttpServer => "an HTTP request, both ends in one thread",
            Self::Websocket => "64 bytes by WebSocket, both ends in one thread",
            Self::Idle => "idle connections",
            Self::Timers => "lateness of timers",
            Self::Crowd => "HTTP hello beside idle connections, 32 busy ones",
            Self::Start => "start of a program, caches warm",
            Self::Calls => "a socket call on net-run",
            Self::Memcache => "memcached, 100-byte values, one thread",
            Self::Memory => "a network inside the process",
            Self::Mysql => "selects from MySQL over one connection",
            Self::Postgres => "selects from PostgreSQL over one connection",
            Self::Streams => "HTTP bodies, client and server in one process",
            Self::Tls => "TLS, both ends in one thread",
            Self::Redis => "Redis, 32-byte values, one connection",
        }
    }
}

/// Measures what is asked for and prints a table for each.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let hosts = setup_hosts::set_up_all()?;
    let programs = Programs::build(hosts)?;
    let subjects = match options.what.as_slice() {
        [] => Subject::ALL,
        some => some,
    };
    let mut steps = Steps::default();
    for &subject in subjects {
        steps.run(subject.title(), || {
            let table = match subject {
                Subject::Http => http::measure(&programs, options.seconds),
                Subject::Http2 => http::measure_http2(&programs, options.seconds),
                Subject::Client => client::measure(&programs),
                Subject::Overhead => overhead::measure(&programs),
                Subject::Grpc => overhead::measure_grpc(&programs),
                Subject::HttpServer => overhead::measure_http(&programs),
                Subject::Websocket => overhead::measure_websocket(&programs),
                Subject::Idle => idle::measure(&programs, options.connections),
                Subject::Timers => timers::measure(&programs, options.quiet),
                Subject::Crowd => crowd::measure(&programs, options.connections, options.seconds),
                Subject::Start => start::measure(&programs),
                Subject::Calls => calls::measure(),
                Subject::Memcache => gets::from_memcached(&programs),
                Subject::Memory => memory::measure(&programs),
                Subject::Mysql => selects::from_mysql(&programs),
                Subject::Postgres => selects::from_postgres(&programs),
                Subject::Streams => streams::measure(&programs),
                Subject::Tls => tls::measure(&programs),
                Subject::Redis => gets::from_redis(&programs),
            }?;
            println!("\n{}\n\n{}", subject.title(), table.text());
            Ok(())
        });
    }
    Ok(steps.finish())
}
