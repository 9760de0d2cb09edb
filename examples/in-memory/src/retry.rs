//! A client with timeouts and retries.

use std::time::Duration;

use net::{Dialer, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

/// The number of attempts, and the time limits.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// The maximum number of attempts.
    pub attempts: u32,
    /// The time limit of one attempt.
    pub patience: Duration,
    /// The pause before the second attempt. Each further pause is twice as long.
    pub first_wait: Duration,
}

impl Retry {
    /// Sends a request, and reads the response until the end of the stream.
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt.
    pub async fn ask(
        &self,
        dialer: &impl Dialer,
        address: &str,
        request: &[u8],
    ) -> Result<Vec<u8>> {
        let mut wait = self.first_wait;
        for _ in 1..self.attempts {
            match self.attempt(dialer, address, request).await {
                Ok(answer) => return Ok(answer),
                Err(_) => sleep(wait).await,
            }
            wait *= 2;
        }
        self.attempt(dialer, address, request).await
    }

    async fn attempt(
        &self,
        dialer: &impl Dialer,
        address: &str,
        request: &[u8],
    ) -> Result<Vec<u8>> {
        let answer = async {
            let mut stream = dialer.dial("tcp", address).await?;
            stream.write_all(request).await?;
            stream.shutdown().await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            Ok(answer)
        };
        let in_time = timeout(self.patience, answer).await;
        in_time.unwrap_or_else(|late| Err(std::io::Error::from(late).into()))
    }
}
