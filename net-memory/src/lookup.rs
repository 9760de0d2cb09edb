//! Questions for the addresses of names.

use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use net_traits::{Endpoint, UnixAddress};

use crate::packet::{Flow, Packet, PacketKind, Place, Protocol};
use crate::shared::Shared;
use crate::transport::Cargo;

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
    pub(crate) fn answer(&self, found: Result<Vec<IpAddr>, ErrorKind>, woken: &mut Vec<Waker>) {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.found = Some(found);
        woken.extend(answer.waker.take());
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Result<Vec<IpAddr>, ErrorKind>> {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = answer.found.take() {
            return Poll::Ready(found);
        }
        answer.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Asks on behalf of a host.
pub(crate) async fn lookup(
    shared: &Arc<Shared>,
    host: usize,
    name: &str,
) -> io::Result<Vec<IpAddr>> {
    let question = Arc::new(Question {
        name: name.to_owned(),
        answer: Mutex::default(),
    });
    shared.with(|state| {
        let names = Place {
            host: usize::MAX,
            name: "names".into(),
            endpoint: Endpoint::from(UnixAddress::path(name)),
        };
        let flow = Arc::new(Flow {
            protocol: Protocol::Lookup,
            from: state.hosts.place(host, UnixAddress::unnamed().into()),
            to: names,
        });
        let packet = Packet::new(&flow, PacketKind::Query, 0);
        state.send(packet, Cargo::Query(Arc::clone(&question)));
    });
    match std::future::poll_fn(|cx| question.poll(cx)).await {
        Ok(found) if found.is_empty() => Err(ErrorKind::NotFound.into()),
        Ok(found) => Ok(found),
        Err(kind) => Err(kind.into()),
    }
}
