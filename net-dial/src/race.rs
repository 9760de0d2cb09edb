//! Happy Eyeballs (RFC 8305): the addresses of a name are tried staggered,
//! each while the earlier ones go on, and the first connection wins.

use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use net_time::{Alarm, deadline_after};
use net_traits::{Answer, Backend, Endpoint, Error, Family, NetworkKind, Operation, Result};

use crate::attempt::partial_deadline;
use crate::destination::{self, Rank};
use crate::lookup::Lookup;
use crate::resolve;

/// How long addresses of IPv4 wait for those of IPv6 (RFC 8305 §3).
const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

/// How long an attempt has the field to itself (RFC 8305 §5).
pub(crate) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The delays that may be set (RFC 8305 §5 and §8).
pub(crate) const LEAST_ATTEMPT_DELAY: Duration = Duration::from_millis(10);
pub(crate) const GREATEST_ATTEMPT_DELAY: Duration = Duration::from_secs(2);

/// The most attempts in progress at once: a name with hundreds of addresses that
/// do not answer must not take all descriptors.
const MOST_ATTEMPTS: usize = 32;

/// What a race is about.
pub(crate) struct Course<'a, B> {
    pub(crate) backend: &'a B,
    pub(crate) network: NetworkKind,
    /// The name that is looked up; empty if the addresses are known.
    pub(crate) name: &'a str,
    pub(crate) deadline: Option<Instant>,
    /// `None` tries one address after the other.
    pub(crate) attempt_delay: Option<Duration>,
}

/// Runs the race for a connection: over the addresses that are known, and
/// those that the lookup finds meanwhile, which `endpoint` makes endpoints
/// unless they are of no use.
///
/// # Errors
///
/// Each attempt's own, or the lookup's if it found nothing to try.
pub(crate) async fn race<B: Backend, R, F>(
    course: Course<'_, B>,
    known: Vec<Endpoint>,
    mut lookup: Lookup<'_>,
    endpoint: impl Fn(IpAddr) -> Option<Endpoint>,
    connect: impl FnMut(Endpoint) -> F,
) -> Result<R>
where
    F: Future<Output = io::Result<R>>,
{
    let mut race = Race::new(course, known, connect);
    if lookup.is_over() {
        race.heard_of(Family::Any);
    }
    let mut unfound = None;
    loop {
        race.start_what_is_due();
        if race.has_nothing_left() && lookup.is_over() {
            return Err(race.lost(unfound));
        }
        match poll_fn(|cx| race.poll_event(&mut lookup, cx)).await {
            Event::Connected(connection) => return Ok(connection),
            Event::Found(answer) => {
                let found = answer.addresses.into_iter().filter_map(&endpoint);
                race.join(found.collect());
                race.heard_of(answer.family);
            }
            Event::LookupEnded(error) => {
                unfound = error;
                race.heard_of(Family::Any);
            }
            Event::TimeIsOver => return Err(race.out_of_time()),
            Event::Failed | Event::NextIsDue => {}
        }
    }
}

enum Event<R> {
    Connected(R),
    Failed,
    Found(Answer),
    LookupEnded(Option<Error>),
    NextIsDue,
    TimeIsOver,
}

struct Race<'a, B: Backend, C, F> {
    course: Course<'a, B>,
    connect: C,
    /// In the order of preference.
    untried: Vec<Candidate>,
    under_way: Vec<Attempt<F>>,
    failures: Vec<Failure>,
    last_tried: Option<Endpoint>,
    /// Whether addresses of IPv6 may still come, for which others wait.
    awaits_v6: bool,
    /// The next attempt does not start before.
    next_start: Instant,
    alarm: Alarm<B>,
}

struct Candidate {
    endpoint: Endpoint,
    /// Not found out as long as it is the only one.
    rank: Option<Rank>,
}

struct Attempt<F> {
    /// How many were started before it.
    number: usize,
    endpoint: Endpoint,
    future: Pin<Box<F>>,
    /// Its part of the time, where others wait for it to end.
    deadline: Option<Instant>,
}

struct Failure {
    number: usize,
    error: Error,
}

impl<'a, B: Backend, C, F, R> Race<'a, B, C, F>
where
    C: FnMut(Endpoint) -> F,
    F: Future<Output = io::Result<R>>,
{
    fn new(course: Course<'a, B>, known: Vec<Endpoint>, connect: C) -> Self {
        let known = known.into_iter().map(Candidate::new).collect();
        Race {
            connect,
            untried: known,
            under_way: Vec::new(),
            failures: Vec::new(),
            last_tried: None,
            awaits_v6: course.network.allows_ipv6(),
            next_start: course.backend.now(),
            alarm: Alarm::new(course.backend.clone()),
            course,
        }
    }

    fn now(&self) -> Instant {
        self.course.backend.now()
    }

    /// Takes addresses in that a lookup has found.
    fn join(&mut self, found: Vec<Endpoint>) {
        let first = self.untried.is_empty() && self.last_tried.is_none();
        if first && self.awaits_v6 {
            self.next_start = deadline_after(self.now(), RESOLUTION_DELAY);
        }
        for endpoint in found {
            if !self.knows(&endpoint) {
                self.untried.push(Candidate::new(endpoint));
            }
        }
        if self.untried.len() > 1 {
            for candidate in &mut self.untried {
                candidate.find_rank(self.course.backend);
            }
            self.untried.sort_by_key(|candidate| candidate.rank);
        }
    }

    fn knows(&self, endpoint: &Endpoint) -> bool {
        let mut untried = self.untried.iter().map(|candidate| &candidate.endpoint);
        let mut under_way = self.under_way.iter().map(|attempt| &attempt.endpoint);
        untried.any(|known| known == endpoint)
            || under_way.any(|known| known == endpoint)
            || (self.failures.iter()).any(|failure| failure.error.endpoint() == Some(endpoint))
    }

    /// Nothing more comes of a family.
    fn heard_of(&mut self, family: Family) {
        if self.awaits_v6 && family != Family::V4 {
            self.awaits_v6 = false;
            if self.last_tried.is_none() {
                self.next_start = self.now();
            }
        }
    }

    fn start_what_is_due(&mut self) {
        while self.may_start() && self.now() >= self.next_start {
            let endpoint = self.take_next();
            let (now, waiting) = (self.now(), self.untried.len());
            // RFC 8305 §5: an attempt goes on beside later ones. Only where later
            // ones have to wait for it does it have a part of the time.
            let shares = self.under_way.len() + waiting >= self.most_attempts();
            let deadline = match self.course.deadline {
                Some(deadline) if shares => partial_deadline(now, Some(deadline), waiting + 1),
                _ => None,
            };
            self.under_way.push(Attempt {
                number: self.under_way.len() + self.failures.len(),
                future: Box::pin((self.connect)(endpoint.clone())),
                endpoint: endpoint.clone(),
                deadline,
            });
            self.last_tried = Some(endpoint);
            let delay = self.course.attempt_delay.unwrap_or_default();
            self.next_start = deadline_after(now, delay);
        }
    }

    /// Whether another attempt may start, once it is time.
    fn may_start(&self) -> bool {
        !self.untried.is_empty() && self.under_way.len() < self.most_attempts()
    }

    fn most_attempts(&self) -> usize {
        match self.course.attempt_delay {
            Some(_) => MOST_ATTEMPTS,
            None => 1,
        }
    }

    /// The best address of the other family than the last, if there is one
    /// (RFC 8305 §4).
    fn take_next(&mut self) -> Endpoint {
        let is_v6 = |endpoint: &Endpoint| endpoint.ip().is_some_and(|ip| ip.is_ipv6());
        let last = self.last_tried.as_ref().map(is_v6);
        let other = (self.untried.iter())
            .position(|candidate| last.is_some_and(|last| is_v6(&candidate.endpoint) != last));
        self.untried.remove(other.unwrap_or(0)).endpoint
    }

    fn poll_event(&mut self, lookup: &mut Lookup<'_>, cx: &mut Context<'_>) -> Poll<Event<R>> {
        if let Poll::Ready(event) = self.poll_attempts(cx) {
            return Poll::Ready(event);
        }
        if lookup.is_over() {
            return self.poll_alarm(cx);
        }
        match lookup.poll_next(cx) {
            Poll::Ready(Some(Ok(answer))) => Poll::Ready(Event::Found(answer)),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Event::LookupEnded(Some(error))),
            Poll::Ready(None) => Poll::Ready(Event::LookupEnded(None)),
            Poll::Pending => self.poll_alarm(cx),
        }
    }

    fn poll_attempts(&mut self, cx: &mut Context<'_>) -> Poll<Event<R>> {
        for at in 0..self.under_way.len() {
            let attempt = &mut self.under_way[at];
            let Poll::Ready(result) = attempt.future.as_mut().poll(cx) else {
                continue;
            };
            return Poll::Ready(match result {
                Ok(connection) => Event::Connected(connection),
                Err(cause) => {
                    self.fail(at, Error::new(Operation::Dial, cause));
                    Event::Failed
                }
            });
        }
        Poll::Pending
    }

    /// An attempt has failed: the next may start at once.
    fn fail(&mut self, at: usize, error: Error) {
        let attempt = self.under_way.remove(at);
        self.failures.push(Failure {
            number: attempt.number,
            error: error.with_endpoint(attempt.endpoint),
        });
        self.next_start = self.now();
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<Event<R>> {
        let next = self.may_start().then_some(self.next_start);
        let parts = self.under_way.iter().filter_map(|attempt| attempt.deadline);
        let Some(instant) = parts.chain(next).chain(self.course.deadline).min() else {
            return Poll::Pending;
        };
        ready!(self.alarm.poll_until(instant, cx));
        if self.course.deadline == Some(instant) {
            return Poll::Ready(Event::TimeIsOver);
        }
        let over = |attempt: &Attempt<F>| attempt.deadline == Some(instant);
        Poll::Ready(match self.under_way.iter().position(over) {
            Some(at) => {
                self.fail(at, Error::timeout(Operation::Dial));
                Event::Failed
            }
            None => Event::NextIsDue,
        })
    }

    fn has_nothing_left(&self) -> bool {
        self.untried.is_empty() && self.under_way.is_empty()
    }

    fn lost(self, unfound: Option<Error>) -> Error {
        if !self.failures.is_empty() {
            return Error::from_attempts(Operation::Dial, in_order(self.failures));
        }
        unfound.unwrap_or_else(|| resolve::no_address(self.course.network, self.course.name))
    }

    fn out_of_time(mut self) -> Error {
        let late = self.under_way.drain(..);
        let late = late.map(|attempt| Failure {
            number: attempt.number,
            error: Error::timeout(Operation::Dial).with_endpoint(attempt.endpoint),
        });
        self.failures.extend(late);
        if self.failures.is_empty() {
            return Error::timeout(Operation::Lookup).with_address(self.course.name);
        }
        Error::from_attempts_until_deadline(Operation::Dial, in_order(self.failures))
    }
}

/// The errors of all attempts, in the order in which they were started.
fn in_order(mut failures: Vec<Failure>) -> Vec<Error> {
    failures.sort_by_key(|failure| failure.number);
    failures.into_iter().map(|failure| failure.error).collect()
}

impl Candidate {
    fn new(endpoint: Endpoint) -> Self {
        Candidate {
            endpoint,
            rank: None,
        }
    }

    fn find_rank<B: Backend>(&mut self, backend: &B) {
        if let (None, Some(address)) = (self.rank, self.endpoint.as_ip()) {
            self.rank = Some(destination::rank(backend, address));
        }
    }
}
