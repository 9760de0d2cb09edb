use std::fmt::{self, Write};

use tokio_rustls::rustls::KeyLog;

/// Passes on each secret as a line in NSS's key log format.
pub(crate) struct KeyLogHook<F>(pub(crate) F);

impl<F: Fn(&str) + Send + Sync> KeyLog for KeyLogHook<F> {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}", hex(client_random), hex(secret));
        (self.0)(&line);
    }
}

impl<F> fmt::Debug for KeyLogHook<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyLogHook")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
