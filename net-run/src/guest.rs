//! Running a program.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::task::Waker;
use std::thread;

use wasmtime::{Linker, Store, Trap, UpdateDeadline};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

use crate::descriptors::Descriptors;
use crate::error::Error;
use crate::imports;
use crate::limits::{Limits, MemoryLimit, thread_time};
use crate::network::{Network, OsNetwork};
use crate::notices::{Notice, Notices};
use crate::policy::{Guard, Policy};
use crate::poll_oneoff::Lists;
use crate::poller::Poller;
use crate::process::Process;
use crate::program::Program;
use crate::stdio::{Input, Output, Stdio};
use crate::stop::{Stop, StopHandle};
use crate::trace::Trace;
use crate::watchdog::Watchdog;

/// A run of a program: what it gets, what it may do, and how it ends.
///
/// Unless told otherwise it has no arguments, no environment, no folders, an
/// empty input, no output, and a policy that denies the network.
///
/// ```no_run
/// use net_run::{Compiler, Exit, Guest, Output, Policy};
///
/// let program = Compiler::new()?.load("app.wasm")?;
/// let (output, captured) = Output::capture();
/// let exit = Guest::new(&program)
///     .arg("app")
///     .policy(Policy::deny_all().allow_net("example.com:443".parse().unwrap()))
///     .stdout(output)
///     .run()?;
/// assert!(matches!(exit, Exit::Code(0)));
/// println!("{}", captured.text());
/// # Ok::<(), net_run::Error>(())
/// ```
pub struct Guest {
    program: Program,
    args: Vec<String>,
    env: Vec<(String, String)>,
    folders: Vec<Folder>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    policy: Policy,
    limits: Limits,
    network: Box<dyn Network>,
    trace: Option<Box<dyn Write + Send>>,
    on_notice: Box<dyn FnMut(&Notice) + Send>,
}

/// A folder that the guest sees.
#[derive(Debug)]
struct Folder {
    host: PathBuf,
    guest: String,
    access: Access,
}

/// What a guest may do with a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read.
    ReadOnly,
    /// Read and write.
    ReadWrite,
}

/// How a guest ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// By itself, with this code; 0 if it returned from `main`.
    Code(i32),
    /// By a trap, such as an access out of its memory.
    Trap(String),
    /// From outside.
    Stopped(Stop),
}

impl Guest {
    /// A guest that may do nothing but compute.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        Guest {
            program: program.clone(),
            args: Vec::new(),
            env: Vec::new(),
            folders: Vec::new(),
            stdin: Input::empty(),
            stdout: Output::discard(),
            stderr: Output::discard(),
            policy: Policy::deny_all(),
            limits: Limits::new(),
            network: Box::new(OsNetwork::new()),
            trace: None,
            on_notice: Box::new(|_| {}),
        }
    }

    /// One argument more. The first one is the program's own name.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// A variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Shows a folder of this machine to the guest under another path.
    #[must_use]
    pub fn folder(
        mut self,
        guest: impl Into<String>,
        host: impl Into<PathBuf>,
        access: Access,
    ) -> Self {
        self.folders.push(Folder {
            host: host.into(),
            guest: guest.into(),
            access,
        });
        self
    }

    /// What the guest reads.
    #[must_use]
    pub fn stdin(mut self, input: Input) -> Self {
        self.stdin = input;
        self
    }

    /// Where the guest's output goes.
    #[must_use]
    pub fn stdout(mut self, output: Output) -> Self {
        self.stdout = output;
        self
    }

    /// Where the guest's messages go.
    #[must_use]
    pub fn stderr(mut self, output: Output) -> Self {
        self.stderr = output;
        self
    }

    /// What the guest may reach.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// What the guest may use of the machine.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The network under the guest's sockets. The policy is checked before.
    #[must_use]
    pub fn network(mut self, network: impl Network + 'static) -> Self {
        self.network = Box::new(network);
        self
    }

    /// Where one line goes for each network call of the guest.
    #[must_use]
    pub fn trace(mut self, to: impl Write + Send + 'static) -> Self {
        self.trace = Some(Box::new(to));
        self
    }

    /// Who is told what the guest was refused, each thing once.
    #[must_use]
    pub fn on_notice(mut self, tell: impl FnMut(&Notice) + Send + 'static) -> Self {
        self.on_notice = Box::new(tell);
        self
    }

    /// Runs the guest to its end, on a thread of its own.
    ///
    /// # Errors
    ///
    /// If it cannot be started. How it ended is no error, but an [`Exit`].
    pub fn run(self) -> Result<Exit, Error> {
        self.start()?.wait()
    }

    /// Starts the guest on a thread of its own.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(self) -> Result<Running, Error> {
        let stop = StopHandle::new().map_err(|e| Error::system("an eventfd", e))?;
        let handle = stop.clone();
        let thread = thread::Builder::new()
            .name("guest".to_owned())
            // The guest's own stack is checked against its limit; the host's
            // calls come on top.
            .stack_size(4 << 20)
            .spawn(move || self.run_here(&stop))
            .map_err(|error| Error::system("a thread", error))?;
        Ok(Running { handle, thread })
    }

    fn run_here(self, stop: &StopHandle) -> Result<Exit, Error> {
        let module = self.program.module.clone();
        let engine = module.engine().clone();
        stop.stops_code_of(engine.weak());
        let watchdog = Watchdog::start(&self.limits, stop)?;
        let cpu_limit = self.limits.cpu_time.map(|limit| thread_time() + limit);
        let process = self.into_process(stop)?;

        let mut linker = Linker::new(&engine);
        p1::add_to_linker_sync(&mut linker, |process: &mut Process| &mut process.wasi)
            .map_err(|error| Error::runtime(&error))?;
        let mut store = Store::new(&engine, process);
        store.limiter(|process| &mut process.memory_limit);
        let stopping = stop.clone();
        store.epoch_deadline_callback(move |_| {
            if cpu_limit.is_some_and(|limit| thread_time() >= limit) {
                stopping.stop_because(Stop::CpuTime);
            }
            match stopping.reason() {
                Some(reason) => Err(reason.into()),
                None => Ok(UpdateDeadline::Continue(1)),
            }
        });
        store.set_epoch_deadline(1);
        let imports = imports::resolve(&mut store, &linker, &module)?;
        let ended = (|| {
            // From here on, whoever stops it is heard by its code.
            if let Some(reason) = stop.reason() {
                return Err(reason.into());
            }
            let instance = wasmtime::Instance::new(&mut store, &module, &imports)?;
            let Ok(start) = instance.get_typed_func::<(), ()>(&mut store, "_start") else {
                return Ok(None);
            };
            start.call(&mut store, ()).map(Some)
        })();
        drop(watchdog);
        let process = store.data_mut();
        process.notices.memory_limit(&process.memory_limit);
        match ended {
            Ok(Some(())) => Ok(Exit::Code(0)),
            Ok(None) => Err(Error::NoStart),
            Err(error) => exit_of(&error),
        }
    }

    fn into_process(self, stop: &StopHandle) -> Result<Process, Error> {
        let wasi = wasi(&self.args, &self.env, &self.folders)?;
        let stdio = Stdio::new(self.stdin, self.stdout, self.stderr);
        let waker = Waker::from(stop.wake_fd().clone());
        let poller = Poller::new(stop.wake_fd().clone());
        Ok(Process {
            wasi,
            memory: None,
            memory_limit: MemoryLimit::new(self.limits.memory),
            sources: Descriptors::new(stdio, self.limits.sockets, waker),
            poller: poller.map_err(|error| Error::system("epoll, as Linux 5.11 has it", error))?,
            poll_lists: Lists::default(),
            guard: Guard::new(self.policy),
            notices: Notices::new(self.on_notice, self.limits.sockets),
            network: self.network,
            stop: stop.clone(),
            trace: Trace::new(self.trace),
        })
    }
}

/// WASI's part of the state: everything but sockets and standard streams.
fn wasi(args: &[String], env: &[(String, String)], folders: &[Folder]) -> Result<WasiP1Ctx, Error> {
    let mut builder = WasiCtxBuilder::new();
    builder.args(args).envs(env);
    // The guest has a thread of its own already.
    builder.allow_blocking_current_thread(true);
    for folder in folders {
        let access = match folder.access {
            Access::ReadOnly => FsPerms::ReadOnly,
            Access::ReadWrite => FsPerms::ReadWrite,
        };
        builder
            .preopened_dir(&folder.host, &folder.guest, access)
            .map_err(|error| Error::Directory {
                path: folder.host.clone(),
                reason: format!("{error:#}"),
            })?;
    }
    Ok(builder.build_p1())
}

/// How an error of the runtime ended the guest.
fn exit_of(error: &wasmtime::Error) -> Result<Exit, Error> {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Ok(Exit::Code(exit.0));
    }
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return Ok(Exit::Stopped(*stop));
    }
    if error.downcast_ref::<Trap>().is_some()
        || error.downcast_ref::<wasmtime::WasmBacktrace>().is_some()
    {
        return Ok(Exit::Trap(format!("{error:?}")));
    }
    Err(Error::runtime(error))
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest")
            .field("args", &self.args)
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// A guest that runs.
#[derive(Debug)]
pub struct Running {
    handle: StopHandle,
    thread: thread::JoinHandle<Result<Exit, Error>>,
}

impl Running {
    /// A handle that stops the guest, also from another thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.handle.clone()
    }

    /// Waits for the guest's end.
    ///
    /// # Errors
    ///
    /// If it could not be started.
    ///
    /// # Panics
    ///
    /// If the host has panicked, or what was plugged into it.
    pub fn wait(self) -> Result<Exit, Error> {
        match self.thread.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}
