//! Looking up the addresses of a name, with any resolver.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use net_traits::{Answer, Error, Family, Resolver, Result};

/// A lookup in progress, whose answers come one by one.
pub(crate) struct Lookup<'a> {
    future: Option<Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>>,
    answers: Arc<Answers>,
    error: Option<Error>,
}

type Answers = Mutex<VecDeque<Answer>>;

impl<'a> Lookup<'a> {
    /// Creates one that is over, for addresses that need none.
    pub(crate) fn none() -> Self {
        Lookup {
            future: None,
            answers: Arc::default(),
            error: None,
        }
    }

    pub(crate) fn start(resolver: &'a dyn Resolver, name: &'a str, family: Family) -> Self {
        let answers: Arc<Answers> = Arc::default();
        let found = answers.clone();
        let future = async move {
            let mut pass_on = |answer| locked(&found).push_back(answer);
            resolver.lookup_each(name, family, &mut pass_on).await
        };
        Lookup {
            future: Some(Box::pin(future)),
            answers,
            error: None,
        }
    }

    /// Returns whether nothing more is to come.
    pub(crate) fn is_over(&self) -> bool {
        self.future.is_none() && self.error.is_none() && locked(&self.answers).is_empty()
    }

    /// Polls for the next answer, the error after them, or `None` at the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Answer>>> {
        let polled = (self.future.as_mut()).map(|future| future.as_mut().poll(cx));
        if let Some(Poll::Ready(result)) = polled {
            self.future = None;
            self.error = result.err();
        }
        if let Some(answer) = locked(&self.answers).pop_front() {
            return Poll::Ready(Some(Ok(answer)));
        }
        match (&self.future, self.error.take()) {
            (_, Some(error)) => Poll::Ready(Some(Err(error))),
            (None, None) => Poll::Ready(None),
            (Some(_), None) => Poll::Pending,
        }
    }
}

fn locked(answers: &Answers) -> MutexGuard<'_, VecDeque<Answer>> {
    answers.lock().unwrap_or_else(PoisonError::into_inner)
}
