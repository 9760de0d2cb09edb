//! A resolver that answers in parts, by a script.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;

use net_traits::{Answer, Error, Family, Operation, Resolver, Result, async_trait};

use crate::fake::ips;

/// Answers about every name.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Each with the time before it, in milliseconds.
    answers: Vec<(u64, Answer)>,
    failure: Option<ErrorKind>,
    last_pause: u64,
}

impl Parts {
    pub(crate) fn new() -> Self {
        Parts::default()
    }

    /// Then, after so many milliseconds, these are all addresses of a family.
    pub(crate) fn then(mut self, pause: u64, family: Family, addresses: &[&str]) -> Self {
        let answer = Answer::new(family, ips(addresses));
        self.answers.push((pause, answer));
        self
    }

    /// Then, after so many milliseconds, the lookup is over.
    pub(crate) fn ends_after(mut self, pause: u64) -> Self {
        self.last_pause = pause;
        self
    }

    /// It ends with an error.
    pub(crate) fn fails(mut self, kind: ErrorKind) -> Self {
        self.failure = Some(kind);
        self
    }

    async fn pause(milliseconds: u64) {
        if milliseconds > 0 {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
    }
}

#[async_trait]
impl Resolver for Parts {
    async fn lookup(&self, name: &str, family: Family) -> Result<Vec<IpAddr>> {
        let mut all = Vec::new();
        let mut collect = |answer: Answer| all.extend(answer.addresses);
        self.lookup_each(name, family, &mut collect).await?;
        Ok(all)
    }

    async fn lookup_each(
        &self,
        name: &str,
        _family: Family,
        found: &mut (dyn FnMut(Answer) + Send),
    ) -> Result<()> {
        for (pause, answer) in &self.answers {
            Parts::pause(*pause).await;
            found(answer.clone());
        }
        Parts::pause(self.last_pause).await;
        match self.failure {
            Some(kind) => Err(Error::new(Operation::Lookup, kind).with_address(name)),
            None => Ok(()),
        }
    }
}
