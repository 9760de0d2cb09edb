//! Operations on whole servers.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

use crate::client::Client;
use crate::pending::Answer;
use crate::read::owned;
use crate::request::Request;
use crate::{Error, Expiry, Result};

/// The reply of each server, with its address.
type OfServers<T> = Vec<(String, Result<T>)>;

impl Client {
    /// Pings every server.
    ///
    /// # Errors
    ///
    /// Returns the error of the first server that fails, in the order in which they were added.
    pub async fn ping(&self) -> Result<()> {
        all(self
            .lines("ping", "mn", |line| (line == "MN").then_some(()))
            .await)
    }

    /// Invalidates all items on every server.
    ///
    /// # Errors
    ///
    /// Returns an error if any server fails. The items of the others are invalidated nevertheless.
    pub async fn flush_all(&self) -> Result<()> {
        self.flush("flush_all").await
    }

    /// Invalidates, after a delay, all items that are stored until then. The delay is rounded up
    /// to seconds.
    ///
    /// # Errors
    ///
    /// See [`flush_all`](Client::flush_all).
    pub async fn flush_all_after(&self, delay: Duration) -> Result<()> {
        if delay.is_zero() {
            return self.flush_all().await;
        }
        let delay = Expiry::After(delay).number();
        self.flush(&format!("flush_all {delay}")).await
    }

    async fn flush(&self, line: &str) -> Result<()> {
        all(self
            .lines("flush all", line, |line| (line == "OK").then_some(()))
            .await)
    }

    /// Returns the version of every server, with its address.
    pub async fn version(&self) -> Vec<(String, Result<String>)> {
        let version = |line: &str| line.strip_prefix("VERSION ").map(str::to_owned);
        self.lines("version", "version", version).await
    }

    /// Sends a line to every server, and parses the line that it replies with.
    async fn lines<T>(
        &self,
        operation: &'static str,
        line: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> OfServers<T> {
        let read = &read;
        let calls = self.shared.servers.iter().map(|server| async move {
            let answer = match server.call(operation, Request::Line(line)).await {
                Ok(Answer::Line(line)) => read(&line).ok_or_else(|| server.unexpected(operation)),
                Ok(_) => Err(server.unexpected(operation)),
                Err(error) => Err(error),
            };
            (server.address.clone(), answer)
        });
        join_all(calls).await
    }

    /// Returns the statistics of every server, with its address, such as `curr_items` or
    /// `get_hits`.
    ///
    /// ```no_run
    /// # async fn example(cache: net_memcache::Client) -> net_memcache::Result<()> {
    /// for (server, stats) in cache.stats("").await? {
    ///     println!("{server}: {} hits", stats?["get_hits"]);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `about` is empty for general statistics, or selects others: `items`, `slabs`, `sizes`,
    /// `conns`, `settings`; `reset` sets them to zero.
    ///
    /// # Errors
    ///
    /// Returns an error if `about` contains control characters.
    pub async fn stats(
        &self,
        about: &str,
    ) -> Result<Vec<(String, Result<BTreeMap<String, String>>)>> {
        const OPERATION: &str = "stats";
        if about.contains(char::is_control) {
            let wrong = "the name of the statistics contains control characters";
            return Err(Error::invalid(OPERATION, wrong));
        }
        let line = format!("stats {about}");
        let request = Request::Lines(line.trim_end());
        let calls = self.shared.servers.iter().map(|server| async move {
            let answer = match server.call(OPERATION, request).await {
                Ok(Answer::Lines(lines)) => {
                    let pairs = lines.iter().filter_map(|line| {
                        let (name, value) = line.strip_prefix("STAT ")?.split_once(' ')?;
                        Some((name, value))
                    });
                    Ok(owned(pairs))
                }
                Ok(_) => Err(server.unexpected(OPERATION)),
                Err(error) => Err(error),
            };
            (server.address.clone(), answer)
        });
        Ok(join_all(calls).await)
    }
}

/// Returns the first error, if there is one.
fn all(answers: OfServers<()>) -> Result<()> {
    answers.into_iter().try_for_each(|(_, answer)| answer)
}
