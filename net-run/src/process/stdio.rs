//! The guest's standard input, output and error.

use std::fmt;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno as Os;
use rustix::termios::isatty;

use crate::errno::Errno;
use crate::network::Readiness;
use crate::process::failure::Failure;
use crate::process::wait::wait_once;
use crate::stop::StopHandle;

/// What the guest reads as its standard input.
pub struct Input(Source);

enum Source {
    Inherited,
    Reader(Box<dyn Read + Send>),
}

impl Input {
    /// Uses the standard input of this process.
    #[must_use]
    pub fn inherit() -> Self {
        Input(Source::Inherited)
    }

    /// Uses an empty input.
    #[must_use]
    pub fn empty() -> Self {
        Input::reader(io::empty())
    }

    /// Uses a reader. It is called on the guest's thread, and counts as always
    /// ready.
    #[must_use]
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Input(Source::Reader(Box::new(reader)))
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Inherited => "Input::inherit()",
            Source::Reader(_) => "Input::reader(_)",
        })
    }
}

/// Where the guest's standard output or error goes.
pub struct Output(Sink);

enum Sink {
    Inherited,
    Writer(Box<dyn Write + Send>),
}

impl Output {
    /// Uses the standard output, or error, of this process.
    #[must_use]
    pub fn inherit() -> Self {
        Output(Sink::Inherited)
    }

    /// Discards the output.
    #[must_use]
    pub fn discard() -> Self {
        Output::writer(io::sink())
    }

    /// Uses a writer. It is called on the guest's thread, and counts as always
    /// ready.
    #[must_use]
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Output(Sink::Writer(Box::new(writer)))
    }

    /// Captures the output in memory, where it can be read at any time.
    #[must_use]
    pub fn capture() -> (Self, Captured) {
        let captured = Captured::default();
        (Output::writer(captured.clone()), captured)
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Sink::Inherited => "Output::inherit()",
            Sink::Writer(_) => "Output::writer(_)",
        })
    }
}

/// The output that a guest has written so far. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Returns the bytes so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the text so far; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The guest's three standard streams.
#[derive(Debug)]
pub(crate) struct Stdio {
    /// Input, output and error, until the guest closes them.
    streams: [Option<Stream>; 3],
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Stream {
    end: End,
    pub(crate) nonblocking: bool,
}

#[derive(Debug)]
enum End {
    Input(Input),
    Output(Output, BorrowedFd<'static>),
}

impl Stdio {
    pub(crate) fn new(input: Input, output: Output, error: Output) -> Self {
        let ends = [
            End::Input(input),
            End::Output(output, rustix::stdio::stdout()),
            End::Output(error, rustix::stdio::stderr()),
        ];
        let stream = |end| {
            Some(Stream {
                end,
                nonblocking: false,
            })
        };
        Stdio {
            streams: ends.map(stream),
        }
    }

    pub(crate) fn get(&self, fd: u32) -> Option<&Stream> {
        self.streams.get(fd as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Option<&mut Stream> {
        self.streams.get_mut(fd as usize)?.as_mut()
    }

    /// Closes one; its number may then belong to a file.
    pub(crate) fn take(&mut self, fd: u32) -> Option<Stream> {
        self.streams.get_mut(fd as usize)?.take()
    }
}

impl Stream {
    /// This process's own descriptor, where the stream is inherited.
    fn descriptor(&self) -> Option<BorrowedFd<'static>> {
        match &self.end {
            End::Input(Input(Source::Inherited)) => Some(rustix::stdio::stdin()),
            End::Output(Output(Sink::Inherited), fd) => Some(*fd),
            _ => None,
        }
    }

    pub(crate) fn readiness(&self) -> Readiness<'_> {
        self.descriptor()
            .map_or(Readiness::Polled, Readiness::Descriptor)
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.descriptor().is_some_and(isatty)
    }

    pub(crate) fn is_input(&self) -> bool {
        matches!(self.end, End::Input(_))
    }

    /// Waits for data and reads it.
    pub(crate) fn read(&mut self, buf: &mut [u8], stop: &StopHandle) -> Result<usize, Failure> {
        if let Some(fd) = self.descriptor().filter(|_| self.is_input()) {
            self.await_ready(fd, PollFlags::IN, stop)?;
            return Ok(rustix::io::read(fd, buf)?);
        }
        match &mut self.end {
            End::Input(Input(Source::Reader(reader))) => match reader.read(buf) {
                Ok(len) => Ok(len),
                Err(error) => Err(Errno::from(error).into()),
            },
            _ => Err(Errno::BADF.into()),
        }
    }

    /// Waits for room and writes.
    pub(crate) fn write(
        &mut self,
        bufs: &[IoSlice<'_>],
        stop: &StopHandle,
    ) -> Result<usize, Failure> {
        if self.is_input() {
            return Err(Errno::BADF.into());
        }
        if let Some(fd) = self.descriptor() {
            loop {
                self.await_ready(fd, PollFlags::OUT, stop)?;
                match rustix::io::writev(fd, bufs) {
                    // Another process may share it and have made it non-blocking.
                    Err(Os::AGAIN) if !self.nonblocking => {}
                    written => return Ok(written?),
                }
            }
        }
        match &mut self.end {
            End::Output(Output(Sink::Writer(writer)), _) => match writer.write_vectored(bufs) {
                Ok(len) => Ok(len),
                Err(error) => Err(Errno::from(error).into()),
            },
            _ => Err(Errno::BADF.into()),
        }
    }

    /// Waits until the descriptor is ready or the guest is stopped; if the
    /// stream is non-blocking, only checks.
    fn await_ready(
        &self,
        fd: BorrowedFd<'_>,
        flags: PollFlags,
        stop: &StopHandle,
    ) -> Result<(), Failure> {
        if self.nonblocking {
            let mut only = [PollFd::from_borrowed_fd(fd, flags)];
            let now = Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            return match poll(&mut only, Some(&now)) {
                Ok(0) => Err(Errno::AGAIN.into()),
                Ok(_) => Ok(()),
                Err(error) => Err(error.into()),
            };
        }
        loop {
            if let Some(reason) = stop.reason() {
                return Err(reason.into());
            }
            if wait_once(Some(PollFd::from_borrowed_fd(fd, flags)), None, stop)? {
                return Ok(());
            }
        }
    }
}
