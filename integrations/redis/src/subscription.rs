//! The commands of a subscriber, and their confirmations.

use redis::{Cmd, cmd};

/// What to subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Channel,
    Pattern,
    Shard,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Channel, Kind::Pattern, Kind::Shard];

    fn command(self, on: bool) -> &'static str {
        match (self, on) {
            (Kind::Channel, true) => "SUBSCRIBE",
            (Kind::Channel, false) => "UNSUBSCRIBE",
            (Kind::Pattern, true) => "PSUBSCRIBE",
            (Kind::Pattern, false) => "PUNSUBSCRIBE",
            (Kind::Shard, true) => "SSUBSCRIBE",
            (Kind::Shard, false) => "SUNSUBSCRIBE",
        }
    }
}

/// A command that was sent, and the number of missing confirmations.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `None` for a PING.
    about: Option<(Kind, bool)>,
    channels: Vec<Vec<u8>>,
    missing: usize,
}

impl Asked {
    /// Creates a command, which the server confirms once per channel.
    pub(crate) fn new(kind: Kind, on: bool, channels: Vec<Vec<u8>>) -> Self {
        Asked {
            about: Some((kind, on)),
            missing: channels.len(),
            channels,
        }
    }

    pub(crate) fn ping() -> Self {
        Asked {
            about: None,
            channels: Vec::new(),
            missing: 1,
        }
    }

    pub(crate) fn command(&self) -> Cmd {
        match self.about {
            Some((kind, on)) => cmd(kind.command(on)).arg(&self.channels).take(),
            None => cmd("PING"),
        }
    }

    /// Counts a confirmation. Returns whether it was the last.
    pub(crate) fn confirmed(&mut self) -> bool {
        self.missing -= 1;
        self.missing == 0
    }

    /// Returns the channels of the command.
    pub(crate) fn into_channels(self) -> impl Iterator<Item = (Kind, Vec<u8>)> {
        let kind = self.about.map_or(Kind::Channel, |(kind, _)| kind);
        self.channels
            .into_iter()
            .map(move |channel| (kind, channel))
    }
}
