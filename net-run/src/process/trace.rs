//! The trace: one line for each network call of the guest, in the style of strace.

use std::fmt::{self, Write as _};
use std::io::Write;

use crate::address::Address;
use crate::network::Received;
use crate::process::failure::Failure;

/// The destination of the trace, if it is enabled.
pub(crate) struct Trace(Option<Box<dyn Write + Send>>);

impl Trace {
    pub(crate) fn new(to: Option<Box<dyn Write + Send>>) -> Self {
        Trace(to)
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Writes the line of a call.
    #[inline]
    pub(crate) fn line<T: Outcome>(
        &mut self,
        call: fmt::Arguments<'_>,
        outcome: &Result<T, Failure>,
    ) {
        if self.is_on() {
            self.write(call, outcome);
        }
    }

    #[cold]
    fn write<T: Outcome>(&mut self, call: fmt::Arguments<'_>, outcome: &Result<T, Failure>) {
        let Some(to) = &mut self.0 else { return };
        let mut line = format!("{call} = ");
        // Writing to a string does not fail.
        let _ = match outcome {
            Ok(outcome) => outcome.show(&mut line),
            Err(Failure::Errno(errno)) => write!(line, "{errno}"),
            Err(Failure::Stop(stop)) => write!(line, "? ({stop})"),
        };
        line.push('\n');
        // A failed write loses the line only; the guest must not notice.
        let _ = to.write_all(line.as_bytes());
    }
}

/// A call's result, as its line shows it.
pub(crate) trait Outcome {
    fn show(&self, line: &mut String) -> fmt::Result;
}

impl Outcome for () {
    fn show(&self, line: &mut String) -> fmt::Result {
        line.write_char('0')
    }
}

impl Outcome for u32 {
    fn show(&self, line: &mut String) -> fmt::Result {
        write!(line, "{self}")
    }
}

impl Outcome for usize {
    fn show(&self, line: &mut String) -> fmt::Result {
        write!(line, "{self}")
    }
}

impl Outcome for String {
    fn show(&self, line: &mut String) -> fmt::Result {
        line.write_str(self)
    }
}

impl Outcome for Received {
    fn show(&self, line: &mut String) -> fmt::Result {
        write!(line, "{}", self.len)?;
        if self.truncated {
            line.write_str(" (truncated)")?;
        }
        Ok(())
    }
}

impl Outcome for Address {
    fn show(&self, line: &mut String) -> fmt::Result {
        write!(line, "{self}")
    }
}

impl Outcome for (u32, Address) {
    fn show(&self, line: &mut String) -> fmt::Result {
        write!(line, "{} (from {})", self.0, self.1)
    }
}

impl Outcome for (Received, Option<Address>) {
    fn show(&self, line: &mut String) -> fmt::Result {
        self.0.show(line)?;
        match &self.1 {
            Some(from) => write!(line, " (from {from})"),
            None => Ok(()),
        }
    }
}
