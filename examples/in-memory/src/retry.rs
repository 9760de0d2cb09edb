//! A client that asks again.

use std::time::Duration;

use net::{Dialer, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

/// How often to ask, and how long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// How often at most.
    pub attempts: u32,
    /// How long one attempt may take.
    pub patience: Duration,
    /// How long to wait before the second attempt; each further wait is twice
    /// the one before.
    pub first_wait: Duration,
}

impl Retry {
    /// Sends a request and reads the answer to its end.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
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
