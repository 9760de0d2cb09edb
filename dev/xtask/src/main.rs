//! What a person would otherwise type by hand: `cargo xtask demo | test | lint | …`.

mod ahead_of_time;
mod apt_sources;
mod bench;
mod cargo;
mod check_imports;
mod child_output;
mod compile_errors;
mod conformance;
mod debian_package;
mod demo;
mod dns_server;
mod example_checks;
mod guest_command;
mod hosts;
mod import_rules;
mod install_net_run;
mod install_wasi_go;
mod install_wasmedge;
mod left_over_sockets;
mod lint;
mod packages;
mod peers;
mod run_example;
mod run_guest;
mod running_server;
mod setup_hosts;
mod size;
mod staging;
mod steps;
mod table;
mod test_suite;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Everything about this workspace that takes more than one plain cargo command.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one HTTP server natively and on every host, and fetch from each
    Demo,
    /// Run all tests: natively, then on every host as a guest
    Test(test_suite::Options),
    /// Check formatting, lints and docs for native and for wasm32-wasip1
    Lint,
    /// Build one example and run it on one host
    #[command(after_help = run_example::AFTER_HELP)]
    Run(run_example::Options),
    /// Measure HTTP throughput, overhead, idle connections and timers
    #[command(after_help = bench::AFTER_HELP)]
    Bench(bench::Options),
    /// Run the conformance tests on each backend and host, and print the matrix
    #[command(after_help = conformance::AFTER_HELP)]
    Conformance(conformance::Options),
    /// Install the missing hosts of wasm modules
    #[command(after_help = setup_hosts::AFTER_HELP)]
    SetupHosts(setup_hosts::Options),
    /// Run one wasm module on one host
    #[command(after_help = run_guest::AFTER_HELP)]
    RunGuest(run_guest::Options),
    /// Check the examples natively and on every host, with clients such as curl
    Examples(example_checks::Options),
    /// Start programs for tests that are run by hand, such as curl and nginx
    #[command(after_help = peers::AFTER_HELP)]
    Peers,
    /// Print the size of a wasm module with and without the resolver
    Size,
    /// Check that wasm modules import only allowed functions
    CheckImports(check_imports::Options),
}

fn main() -> ExitCode {
    match run(CommandLine::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo => demo::run().map(|()| ExitCode::SUCCESS),
        Command::Test(options) => test_suite::run(&options),
        Command::Lint => Ok(lint::run()),
        Command::SetupHosts(options) => setup_hosts::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Run(options) => run_example::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Conformance(options) => conformance::run(&options),
        Command::RunGuest(options) => run_guest::run(&options),
        Command::Examples(options) => example_checks::run(&options).map(|()| ExitCode::SUCCESS),
        Command::Peers => peers::run().map(|()| ExitCode::SUCCESS),
        Command::Size => size::run().map(|()| ExitCode::SUCCESS),
        Command::CheckImports(options) => check_imports::run(&options).map(|()| ExitCode::SUCCESS),
    }
}
