use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// The size of the read buffer. tungstenite clears it before each read, so a
/// larger one would slow down short messages; each connection has one.
const READ_BUFFER: usize = 16 << 10;
/// How much is buffered before it is written without a flush.
const WRITE_BUFFER: usize = 16 << 10;

/// The settings of a connection, of a client or a server.
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
            // A frame beyond the message limit is refused for that limit.
            .max_frame_size(Some(self.max_frame.min(self.max_message)))
    }

    /// Returns the limit on frames, if it is below that on messages.
    pub(crate) fn frame_limit(&self) -> Option<usize> {
        (self.max_frame < self.max_message).then_some(self.max_frame)
    }
}

/// The methods of a type with a field `settings`.
macro_rules! settings_methods {
    () => {
        /// Sets the maximum length of a received message. Default: 1 MiB.
        #[must_use]
        pub fn with_max_message_bytes(mut self, bytes: usize) -> Self {
            self.settings.max_message = bytes;
            self
        }

        /// Sets the maximum length of a received frame. By default, only messages
        /// are limited.
        #[must_use]
        pub fn with_max_frame_bytes(mut self, bytes: usize) -> Self {
            self.settings.max_frame = bytes;
            self
        }

        /// Sets the ping interval: a peer is pinged after it was silent for one to
        /// two intervals. Default: 30 seconds.
        ///
        /// Pings are sent while a message is being received.
        #[must_use]
        pub fn with_ping_interval(mut self, interval: std::time::Duration) -> Self {
            self.settings.ping_interval = Some(interval);
            self
        }

        /// Sets how long a peer may take to respond to a ping; then receiving
        /// fails. Default: 30 seconds.
        #[must_use]
        pub fn with_ping_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.ping_timeout = timeout;
            self
        }

        /// Disables pings, so that peers may be silent without a limit.
        #[must_use]
        pub fn without_pings(mut self) -> Self {
            self.settings.ping_interval = None;
            self
        }

        /// Sets the timeout for the close handshake. Default: 5 seconds.
        #[must_use]
        pub fn with_close_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.close_timeout = timeout;
            self
        }
    };
}

pub(crate) use settings_methods;
