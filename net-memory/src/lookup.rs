//! Questions for the addresses of names.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// A name, and the place for its answer.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: String,
    answer: Mutex<Answer>,
}

#[derive(Debug, Default)]
struct Answer {
    found: Option<Result<Vec<IpAddr>, ErrorKind>>,
    waker: Option<Waker>,
}

impl Question {
    pub(crate) fn new(name: &str) -> Self {
        Question {
            name: name.to_owned(),
            answer: Mutex::default(),
        }
    }

    /// Answers it. No addresses are no answer: the name does not exist.
    pub(crate) fn answer(&self, found: Result<Vec<IpAddr>, ErrorKind>, woken: &mut Vec<Waker>) {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.found = Some(match found {
            Ok(found) if found.is_empty() => Err(ErrorKind::NotFound),
            found => found,
        });
        woken.extend(answer.waker.take());
    }

    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<Result<Vec<IpAddr>, ErrorKind>> {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = answer.found.take() {
            return Poll::Ready(found);
        }
        answer.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
