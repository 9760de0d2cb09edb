//! One lookup: the names to try, the families, the chain of aliases.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use hickory_proto::op::{DnsResponse, Message, Query};
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::ResponseCache;
use hickory_resolver::net::DnsError;
use net_traits::{Answer, Backend, Family};

use crate::answer::{self, Answered};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{failover, search};

/// The maximum number of queries along a chain of aliases.
const MOST_QUESTIONS: usize = 8;

/// What lookups share.
#[derive(Debug)]
pub(crate) struct Asker<B> {
    pub(crate) backend: B,
    pub(crate) cache: Option<ResponseCache>,
    /// The server that the next lookup starts with, if they rotate.
    pub(crate) next: AtomicUsize,
}

impl<B: Backend> Asker<B> {
    /// Starts a lookup with these settings.
    pub(crate) fn begin<'a>(&'a self, settings: &'a Settings) -> Lookup<'a, B> {
        let first = if settings.rotate {
            self.next.fetch_add(1, Ordering::Relaxed) % settings.servers.len()
        } else {
            0
        };
        Lookup {
            asker: self,
            settings,
            first,
        }
    }
}

pub(crate) struct Lookup<'a, B> {
    asker: &'a Asker<B>,
    settings: &'a Settings,
    /// The server to start with.
    first: usize,
}

impl<B: Backend> Lookup<'_, B> {
    /// Looks up the addresses of the first name that has any, and forwards
    /// those of each family as soon as they arrive.
    pub(crate) async fn addresses(
        &self,
        name: &Name,
        family: Family,
        found: &mut (dyn FnMut(Answer) + Send),
    ) -> Result<(), Failure> {
        let mut failure = Failure::NoSuchRecord;
        for name in search::candidates(name, self.settings) {
            let result = match family {
                Family::Any => self.of_both_families(&name, found).await,
                one => (self.of_family(&name, one).await)
                    .map(|addresses| found(Answer::new(one, addresses))),
            };
            match result {
                Ok(()) => return Ok(()),
                Err(other) => failure = failure.or(other),
            }
        }
        Err(failure)
    }

    /// Looks up records of another type.
    pub(crate) async fn records(&self, name: &Name, kind: RecordType) -> Result<Answered, Failure> {
        let mut failure = Failure::NoSuchRecord;
        for name in search::candidates(name, self.settings) {
            match self.of_kind(&name, kind).await {
                Ok(found) => return Ok(found),
                Err(other) => failure = failure.or(other),
            }
        }
        Err(failure)
    }

    /// Queries both in parallel. Nothing is forwarded before one of them has an
    /// address, since the search may go on with another name.
    async fn of_both_families(
        &self,
        name: &Name,
        found: &mut (dyn FnMut(Answer) + Send),
    ) -> Result<(), Failure> {
        let mut v6 = pin!(self.of_family(name, Family::V6));
        let mut v4 = pin!(self.of_family(name, Family::V4));
        let (sooner, earlier) = poll_fn(|cx| {
            if let Poll::Ready(result) = v6.as_mut().poll(cx) {
                return Poll::Ready((Family::V6, result));
            }
            v4.as_mut().poll(cx).map(|result| (Family::V4, result))
        })
        .await;
        if let Ok(addresses) = &earlier {
            found(Answer::new(sooner, addresses.clone()));
        }
        let (later, last) = match sooner {
            Family::V6 => (Family::V4, v4.await),
            _ => (Family::V6, v6.await),
        };
        match (earlier, last) {
            (Ok(_), last) => found(Answer::new(later, last.unwrap_or_default())),
            (Err(_), Ok(addresses)) => {
                found(Answer::new(later, addresses));
                found(Answer::new(sooner, Vec::new()));
            }
            (Err(one), Err(other)) => return Err(one.or(other)),
        }
        Ok(())
    }

    async fn of_family(&self, name: &Name, family: Family) -> Result<Vec<IpAddr>, Failure> {
        let kind = match family {
            Family::V6 => RecordType::AAAA,
            _ => RecordType::A,
        };
        let found = self.of_kind(name, kind).await?;
        Ok(found.records.iter().filter_map(RData::ip_addr).collect())
    }

    /// Looks up records of one name, following aliases.
    async fn of_kind(&self, name: &Name, kind: RecordType) -> Result<Answered, Failure> {
        let mut query = Query::query(name.clone(), kind);
        for _ in 0..MOST_QUESTIONS {
            let message = self.ask(&query).await?;
            let answered = answer::read(&message, &query);
            if !answered.records.is_empty() {
                return Ok(answered);
            }
            let is_settled = message
                .authorities
                .iter()
                .any(|record| record.record_type().is_soa());
            if answered.canonical == *query.name() || is_settled {
                break;
            }
            // The server has the alias only.
            query = Query::query(answered.canonical, kind);
        }
        Err(Failure::NoSuchRecord)
    }

    /// Queries the cache, then the servers.
    async fn ask(&self, query: &Query) -> Result<Message, Failure> {
        let Asker { backend, cache, .. } = self.asker;
        let cached = cache
            .as_ref()
            .and_then(|cache| cache.get(query, backend.now()));
        if let Some(known) = cached {
            return known.map_err(|_| Failure::NoSuchRecord);
        }
        let response = failover::ask(backend, self.settings, self.first, query).await?;
        // hickory's cache takes a negative answer as an error, with its TTL.
        let result = DnsError::from_response(response).map(DnsResponse::into_message);
        if let Some(cache) = cache {
            let known = result.clone().map_err(Into::into);
            cache.insert(query.clone(), known, backend.now());
        }
        result.map_err(|_| Failure::NoSuchRecord)
    }
}
