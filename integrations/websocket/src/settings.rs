use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// What is read at once. tungstenite clears as much before each read, so more
/// would slow down short messages; each connection holds as much.
const READ_BUFFER: usize = 16 << 10;
/// How much waits for a flush before it is written.
const WRITE_BUFFER: usize = 16 << 10;

/// What can be said about a connection, by a client or a server.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) max_message: usize,
    pub(crate) max_frame: usize,
    pub(crate) ping_interval: Option<Duration>,
    pub(crate) ping_timeout: Duration,
    pub(crate) close_timeout: Duration,
}

impl Settings {
    pub(crate) fn new() -> Self {
        Settings {
            max_message: 1 << 20,
            max_frame: usize::MAX,
            ping_interval: Some(Duration::from_secs(30)),
            ping_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(5),
        }
    }

    pub(crate) fn wire(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(self.max_message))
            // Beyond the message's limit, it is refused for that.
            .max_frame_size(Some(self.max_frame.min(self.max_message)))
    }

    /// The limit of frames, where it is not that of messages.
    pub(crate) fn frame_limit(&self) -> Option<usize> {
        (self.max_frame < self.max_message).then_some(self.max_frame)
    }
}

/// The methods of a type that has `settings`.
macro_rules! settings_methods {
    () => {
        /// Refuses to receive longer messages; 1 MiB unless told otherwise.
        #[must_use]
        pub fn with_max_message_bytes(mut self, bytes: usize) -> Self {
            self.settings.max_message = bytes;
            self
        }

        /// Refuses to receive longer frames, the parts of a message. Unless told
        /// otherwise, a message may come in one.
        #[must_use]
        pub fn with_max_frame_bytes(mut self, bytes: usize) -> Self {
            self.settings.max_frame = bytes;
            self
        }

        /// Asks a silent peer whether it is still there: after between one and
        /// two intervals without a word of it. 30 seconds unless told otherwise.
        ///
        /// This happens while somebody receives.
        #[must_use]
        pub fn with_ping_interval(mut self, interval: std::time::Duration) -> Self {
            self.settings.ping_interval = Some(interval);
            self
        }

        /// How long a silent peer has to answer; then receiving fails. 30
        /// seconds unless told otherwise.
        #[must_use]
        pub fn with_ping_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.ping_timeout = timeout;
            self
        }

        /// Lets peers be silent for as long as they like.
        #[must_use]
        pub fn without_pings(mut self) -> Self {
            self.settings.ping_interval = None;
            self
        }

        /// How long a peer has to do its part of the close; 5 seconds unless
        /// told otherwise.
        #[must_use]
        pub fn with_close_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.close_timeout = timeout;
            self
        }
    };
}

pub(crate) use settings_methods;
