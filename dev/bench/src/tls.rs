//! What the programs that measure TLS have in common.

use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Who vouches for the server.
pub const AUTHORITY: &[u8] =
    include_bytes!("../../../integrations/tls/tests/it/certificates/authority.pem");
/// The server's certificate, for 127.0.0.1.
pub const CHAIN: &[u8] =
    include_bytes!("../../../integrations/tls/tests/it/certificates/localhost.pem");
/// Its key.
pub const KEY: &[u8] =
    include_bytes!("../../../integrations/tls/tests/it/certificates/localhost.key");

/// How many handshakes are measured, each of a new session.
pub const HANDSHAKES: u32 = 300;
/// What is sent at once, and how many mebibytes altogether.
const CHUNK: usize = 64 << 10;
const MEBIBYTES: u16 = 64;

/// The provider that is named on the command line.
///
/// # Panics
///
/// If none is named.
#[must_use]
pub fn provider() -> String {
    std::env::args().nth(1).expect("the name of a provider")
}

/// Sends a lot from one end to the other, in one task each; gives the time.
///
/// # Panics
///
/// If the connection breaks.
pub async fn transfer(
    mut from: impl AsyncWrite + Unpin + Send + 'static,
    mut to: impl AsyncRead + Unpin,
) -> Duration {
    let all = usize::from(MEBIBYTES) << 20;
    let start = Instant::now();
    tokio::spawn(async move {
        let chunk = vec![7; CHUNK];
        for _ in 0..all / CHUNK {
            from.write_all(&chunk).await.expect("the peer is there");
        }
        from.shutdown().await.expect("the peer is there");
    });
    let mut chunk = vec![0; CHUNK];
    let mut received = 0;
    while received < all {
        received += to.read(&mut chunk).await.expect("no error");
    }
    start.elapsed()
}

/// Prints what [`HANDSHAKES`] and a [`transfer`] took, as `cargo xtask bench`
/// reads it.
pub fn report(handshakes: Duration, transfer: Duration) {
    println!(
        "{:.1} {:.1}",
        f64::from(HANDSHAKES) / handshakes.as_secs_f64(),
        f64::from(MEBIBYTES) / transfer.as_secs_f64()
    );
}
