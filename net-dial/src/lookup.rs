//! Finding a name's addresses, by whichever resolver there is.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use net_traits::{Answer, Backend, Error, Family, Operation, Resolver, Result, async_trait};

/// Which resolver a network asks that nobody gave one to.
///
/// It is a type parameter of [`Net`](crate::Net), so that a program's network
/// can have another default on each target.
pub trait DefaultResolver<B>: fmt::Debug + Clone + Send + Sync + Unpin + 'static {
    /// The resolver for networks on this backend.
    fn resolver(backend: &B) -> Arc<dyn Resolver>;
}

/// The default of networks made by [`Net::new`](crate::Net::new): a
/// [`HostResolver`].
#[derive(Debug, Clone, Copy)]
pub enum AskHost {}

impl<B: Backend> DefaultResolver<B> for AskHost {
    fn resolver(backend: &B) -> Arc<dyn Resolver> {
        Arc::new(HostResolver::new(backend.clone()))
    }
}

/// Asks the host's own resolver, by [`Backend::lookup`].
///
/// Natively that is the system's, on a thread. On `wasm32-wasip1` it blocks
/// the whole program while the host looks.
#[derive(Debug, Clone)]
pub struct HostResolver<B> {
    backend: B,
}

impl<B: Backend> HostResolver<B> {
    /// The resolver of the host beneath a backend.
    pub fn new(backend: B) -> Self {
        HostResolver { backend }
    }
}

#[async_trait]
impl<B: Backend> Resolver for HostResolver<B> {
    /// The addresses of every family: hosts are asked for all at once.
    async fn lookup(&self, name: &str, _family: Family) -> Result<Vec<IpAddr>> {
        let found = self.backend.lookup(name).await;
        found.map_err(|cause| Error::new(Operation::Lookup, cause).with_address(name))
    }
}

/// A lookup under way, whose answers come one by one.
pub(crate) struct Lookup<'a> {
    future: Option<Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>>,
    answers: Arc<Answers>,
    error: Option<Error>,
}

type Answers = Mutex<VecDeque<Answer>>;

impl<'a> Lookup<'a> {
    /// One that is over, for addresses that need none.
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
            let mut hand_on = |answer| locked(&found).push_back(answer);
            resolver.lookup_each(name, family, &mut hand_on).await
        };
        Lookup {
            future: Some(Box::pin(future)),
            answers,
            error: None,
        }
    }

    /// Whether nothing more is to come.
    pub(crate) fn is_over(&self) -> bool {
        self.future.is_none() && self.error.is_none() && locked(&self.answers).is_empty()
    }

    /// The next answer, the error behind them, or `None` at the end.
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
