//! The options of streams.

use std::io;

use net_traits::{OptionName, SocketOption};

use super::table::Connections;
use crate::options::unsupported;
use crate::wire::Wire;
use crate::wire::cargo::EndId;

impl Connections {
    pub(crate) fn set_option(
        &mut self,
        wire: &mut Wire,
        id: EndId,
        option: SocketOption,
    ) -> io::Result<()> {
        ensure_of_stream(option.name())?;
        self.end(id).options.set(option)?;
        if option.name() == OptionName::KeepAlive {
            self.set_up_keepalive(wire, id);
        }
        Ok(())
    }

    pub(crate) fn option(&mut self, id: EndId, name: OptionName) -> io::Result<SocketOption> {
        ensure_of_stream(name)?;
        self.end(id).options.get(name)
    }
}

/// Only a listener has a backlog.
fn ensure_of_stream(name: OptionName) -> io::Result<()> {
    match name {
        OptionName::Backlog => Err(unsupported(name)),
        _ => Ok(()),
    }
}
