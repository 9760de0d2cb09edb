//! Running a program.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::task::Waker;
use std::thread;

use wasmtime::{Linker, Store, Trap, UpdateDeadline};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1;

use crate::calls::imports;
use crate::error::Error;
use crate::limits::{Limits, MemoryLimit, thread_time};
use crate::network::{Network, OsNetwork};
use crate::notices::{Notice, Notices};
use crate::policy::{Guard, Policy};
use crate::process::Process;
use crate::process::descriptors::Descriptors;
use crate::process::files::{self, Access, Folder};
use crate::process::poll_lists::PollLists;
use crate::process::poller::Poller;
use crate::process::stdio::{Input, Output, Stdio};
use crate::process::trace::Trace;
use crate::program::Program;
use crate::stop::{Stop, StopHandle};
use crate::watchdog::Watchdog;

/// Configures and starts one run of a program.
///
/// By default it has no arguments, no environment variables, no directories, an
/// empty standard input, discarded output, and a policy that denies the network.
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

/// How a guest ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// It exited with this code; 0 if it returned from `main`.
    Code(i32),
    /// It trapped, such as by an out-of-bounds memory access.
    Trap(String),
    /// It was stopped from outside.
    Stopped(Stop),
}

impl Guest {
    /// Creates a run with the defaults, in which the guest can only compute.
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

    /// Adds an argument. The first one is the program's own name.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Makes a directory of the host visible to the guest under another path.
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

    /// Sets the standard input.
    #[must_use]
    pub fn stdin(mut self, input: Input) -> Self {
        self.stdin = input;
        self
    }

    /// Sets the standard output.
    #[must_use]
    pub fn stdout(mut self, output: Output) -> Self {
        self.stdout = output;
        self
    }

    /// Sets the standard error.
    #[must_use]
    pub fn stderr(mut self, output: Output) -> Self {
        self.stderr = output;
        self
    }

    /// Sets what the guest may reach.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the limits on the guest's resources.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the network behind the guest's sockets. The policy is checked before
    /// it is called.
    #[must_use]
    pub fn network(mut self, network: impl Network + 'static) -> Self {
        self.network = Box::new(network);
        self
    }

    /// Sets a writer that receives one line for each network call of the guest.
    #[must_use]
    pub fn trace(mut self, to: impl Write + Send + 'static) -> Self {
        self.trace = Some(Box::new(to));
        self
    }

    /// Sets a callback that receives each [`Notice`] once.
    #[must_use]
    pub fn on_notice(mut self, tell: impl FnMut(&Notice) + Send + 'static) -> Self {
        self.on_notice = Box::new(tell);
        self
    }

    /// Runs the guest to completion, on a thread of its own.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be started. Anything that happens later,
    /// such as a trap, is an [`Exit`].
    pub fn run(self) -> Result<Exit, Error> {
        self.start()?.wait()
    }

    /// Starts the guest on a thread of its own.
    ///
    /// # Errors
    ///
    /// Returns an error if the thread cannot be started. Other errors of the
    /// start are returned by [`Running::wait`].
    pub fn start(self) -> Result<Running, Error> {
        let stop = StopHandle::new().map_err(|e| Error::system("an eventfd", e))?;
        let handle = stop.clone();
        let thread = thread::Builder::new()
            .name("guest".to_owned())
            // The guest's own stack has a limit of its own; the host's calls come
            // on top.
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
            // From here on, the guest's code itself notices a stop.
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
        let wasi = files::context(&self.args, &self.env, &self.folders)?;
        let stdio = Stdio::new(self.stdin, self.stdout, self.stderr);
        let waker = Waker::from(stop.wake_fd().clone());
        let poller = Poller::new(stop.wake_fd().clone());
        Ok(Process {
            wasi,
            memory: None,
            memory_limit: MemoryLimit::new(self.limits.memory),
            sources: Descriptors::new(stdio, self.limits.sockets, waker),
            poller: poller.map_err(|error| {
                Error::system("an epoll instance (Linux 5.11 or later is required)", error)
            })?,
            poll_lists: PollLists::default(),
            guard: Guard::new(self.policy),
            notices: Notices::new(self.on_notice, self.limits.sockets),
            network: self.network,
            stop: stop.clone(),
            trace: Trace::new(self.trace),
        })
    }
}

/// Converts an error of the runtime into the guest's exit.
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

/// A running guest.
#[derive(Debug)]
pub struct Running {
    handle: StopHandle,
    thread: thread::JoinHandle<Result<Exit, Error>>,
}

impl Running {
    /// Returns a handle that stops the guest, also from another thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.handle.clone()
    }

    /// Waits for the guest to end.
    ///
    /// # Errors
    ///
    /// Returns an error if the guest could not be started.
    ///
    /// # Panics
    ///
    /// Panics if the host panicked, or a network, stream or callback that it was
    /// given.
    pub fn wait(self) -> Result<Exit, Error> {
        match self.thread.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}
