//! Racing the addresses of a name (Happy Eyeballs), over the backend's own connections
//! and by its clock. A script determines how the addresses respond.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use net_dial::Net;
use net_traits::{Listener, Stream};
use tokio::io::AsyncReadExt;

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::{Fixture, StreamOf};
use crate::scripted::{Answer, Finds, Scripted, Try};
use crate::subject::{Checked, Fails, ListenerOf, SOON, Subject, ensure_kind, ensure_mentions};

cases! {
    $ __eyeballs eyeballs:
    /// If the first address responds, no other is tried.
    /// Source: Go TestDialParallel; RFC 8305 §5.
    the_first_address_that_answers_is_the_only_one_tried;
    /// The next address is tried if the first has not responded.
    /// Source: Go TestDialParallel; RFC 8305 §5, Connection Attempt Delay.
    an_address_that_does_not_answer_is_overtaken;
    /// The next address is tried after the fallback delay, 250 ms by default, and not before.
    /// Source: RFC 8305 §8.
    attempts_are_a_delay_apart;
    /// After a refusal, the next address is tried at once.
    /// Source: Go TestDialParallel; RFC 8305 §5.
    an_address_that_refuses_costs_no_time;
    /// IPv6 and IPv4 alternate, so that a broken family costs one attempt.
    /// Source: RFC 8305 §4, First Address Family Count.
    families_take_turns;
    /// If all addresses refuse, the error names each.
    /// Source: Go TestDialParallel; the contract of `Error`.
    where_all_refuse_each_is_named;
    /// A name without addresses fails at once.
    /// Source: Go TestDialParallel.
    a_name_without_addresses_is_an_error;
    /// A thousand addresses that refuse leave time for the last.
    /// Source: Go TestDialParallel, `manyAddrs`.
    a_thousand_addresses_that_refuse_do_not_use_up_the_time;
    /// Each address gets its share of the time, at least 2 s.
    /// Source: Go TestDialerPartialDeadline.
    an_address_that_does_not_answer_leaves_time_for_the_next;
    /// A connection that loses the race is closed.
    /// Source: Go TestDialParallelSpuriousConnection.
    a_loser_that_connects_is_closed;
    /// A cancelled race cancels all its attempts.
    /// Source: Go TestDialParallel, cancelled after 5 ms.
    a_race_that_is_given_up_ends_at_once;
}

const V4: [IpAddr; 2] = [v4(1), v4(2)];
const V6: [IpAddr; 2] = [v6(1), v6(2)];

/// For documentation only (RFC 5737).
const fn v4(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
}

/// For documentation only (RFC 3849).
const fn v6(last: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last))
}

/// A name, its addresses, and the server behind those that respond.
struct Race<F: Fixture> {
    backend: Scripted<F::Backend>,
    net: Net<Scripted<F::Backend>>,
    listener: ListenerOf<F>,
}

impl<F: Fixture> Race<F> {
    async fn new(on: &Subject<F>, script: &[(IpAddr, Answer)]) -> Result<Self> {
        let (listener, _) = on.listen().await?;
        let local = listener.local_addr()?;
        let backend = Scripted::new(on.net.backend().clone(), local, script);
        let addresses = script.iter().map(|(address, _)| *address).collect();
        let net = Net::new(backend.clone()).with_resolver(Finds(addresses));
        Ok(Race {
            backend,
            net,
            listener,
        })
    }

    async fn dial(&self) -> net_traits::Result<StreamOf<F>> {
        self.net.dial("tcp", "h.test:80").await
    }

    fn tried(&self) -> Vec<IpAddr> {
        let tried = self.backend.tried();
        tried.into_iter().map(|attempt| attempt.address).collect()
    }
}

async fn the_first_address_that_answers_is_the_only_one_tried<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    for (first, second) in [(V6[0], V4[0]), (V6[0], V6[1]), (V4[0], V4[1])] {
        let script = [(first, Answer::Connects), (second, Answer::Connects)];
        let race = Race::new(on, &script).await?;
        race.dial().await?;
        ensure_eq!(race.tried(), [first]);
    }
    Ok(())
}

async fn an_address_that_does_not_answer_is_overtaken<F: Fixture>(on: &Subject<F>) -> Checked {
    const DELAY: Duration = Duration::from_millis(50);
    let script = [(V6[0], Answer::Never), (V4[0], Answer::Connects)];
    let mut race = Race::new(on, &script).await?;
    race.net = race.net.with_fallback_delay(DELAY);
    let start = on.now();
    let dialed = on.timeout(SOON, race.dial()).await??;
    ensure_eq!(race.tried(), [V6[0], V4[0]]);
    ensure!(on.now() - start >= DELAY, "before its time");
    let (accepted, _) = race.listener.accept().await?;
    ensure_eq!(accepted.peer_addr()?, dialed.local_addr()?);
    Ok(())
}

async fn attempts_are_a_delay_apart<F: Fixture>(on: &Subject<F>) -> Checked {
    const DELAY: Duration = Duration::from_millis(250);
    let silent = [V6[0], V4[0], V6[1]].map(|address| (address, Answer::Never));
    let race = Race::new(on, &silent).await?;
    ensure!(on.timeout(3 * DELAY, race.dial()).await.is_err());
    let tried = race.backend.tried();
    ensure!(tried.len() > 1, "no second address is tried: {tried:?}");
    let gap = |pair: &[Try]| pair[1].at - pair[0].at;
    let gaps: Vec<_> = tried.windows(2).map(gap).collect();
    ensure!(gaps.iter().all(|gap| *gap >= DELAY), "{gaps:?}");
    Ok(())
}

async fn an_address_that_refuses_costs_no_time<F: Fixture>(on: &Subject<F>) -> Checked {
    const DELAY: Duration = Duration::from_secs(2);
    let script = [(V6[0], Answer::Refuses), (V4[0], Answer::Connects)];
    let mut race = Race::new(on, &script).await?;
    race.net = race.net.with_fallback_delay(DELAY);
    let start = on.now();
    race.dial().await?;
    ensure!(on.now() - start < DELAY, "it has waited for nothing");
    Ok(())
}

async fn families_take_turns<F: Fixture>(on: &Subject<F>) -> Checked {
    let all = [V6[0], V6[1], V4[0], V4[1]];
    let script = all.map(|address| (address, Answer::Refuses));
    let race = Race::new(on, &script).await?;
    race.dial().await.fails("all refuse")?;
    let turns: Vec<_> = race.tried().iter().map(IpAddr::is_ipv6).collect();
    ensure_eq!(turns, [true, false, true, false]);
    Ok(())
}

async fn where_all_refuse_each_is_named<F: Fixture>(on: &Subject<F>) -> Checked {
    let script = [(V6[0], Answer::Refuses), (V4[0], Answer::Refuses)];
    let race = Race::new(on, &script).await?;
    let error = race.dial().await.fails("all refuse")?;
    ensure_kind(&error, std::io::ErrorKind::ConnectionRefused)?;
    ensure_mentions(
        &error,
        &["dial tcp h.test:80", "[2001:db8::1]:80", "192.0.2.1:80"],
    )
}

async fn a_name_without_addresses_is_an_error<F: Fixture>(on: &Subject<F>) -> Checked {
    let race = Race::new(on, &[]).await?;
    let error = on
        .timeout(SOON, race.dial())
        .await?
        .fails("there is none")?;
    ensure_mentions(&error, &["dial tcp h.test:80"])
}

async fn a_thousand_addresses_that_refuse_do_not_use_up_the_time<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let refusing = (1..=1_000).map(|last| (v6(last), Answer::Refuses));
    let mut script: Vec<_> = refusing.collect();
    script.push((v6(1_001), Answer::Connects));
    let mut race = Race::new(on, &script).await?;
    race.net = race.net.with_timeout(SOON);
    race.dial().await?;
    ensure_eq!(race.tried().len(), 1_001);
    Ok(())
}

async fn an_address_that_does_not_answer_leaves_time_for_the_next<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let script = [(V4[0], Answer::Never), (V4[1], Answer::Connects)];
    let mut race = Race::new(on, &script).await?;
    // One after the other, as Go dials addresses of one family.
    race.net = race
        .net
        .with_fallback_delay(None)
        .with_timeout(Duration::from_secs(5));
    on.timeout(SOON, race.dial()).await??;
    ensure_eq!(race.tried(), [V4[0], V4[1]]);
    Ok(())
}

async fn a_loser_that_connects_is_closed<F: Fixture>(on: &Subject<F>) -> Checked {
    let late = Duration::from_millis(60);
    let script = [(V6[0], Answer::Late(late)), (V4[0], Answer::Late(late))];
    let mut race = Race::new(on, &script).await?;
    race.net = race.net.with_fallback_delay(Duration::from_millis(10));
    let winner = race.dial().await?;
    on.sleep(2 * late).await;
    // A connection that is accepted after all those of the race.
    let last = on
        .net
        .dial("tcp", &race.listener.local_addr()?.to_string())
        .await?;
    let mut winners = 0;
    loop {
        let (mut accepted, peer) = on.timeout(SOON, race.listener.accept()).await??;
        if peer == last.local_addr()? {
            break;
        }
        if peer == winner.local_addr()? {
            winners += 1;
            continue;
        }
        let end = on.timeout(SOON, accepted.read(&mut [0])).await;
        let end = end.context("a connection that lost the race is open")?;
        ensure!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
    ensure_eq!(winners, 1);
    Ok(())
}

async fn a_race_that_is_given_up_ends_at_once<F: Fixture>(on: &Subject<F>) -> Checked {
    let silent = [V6[0], V4[0]].map(|address| (address, Answer::Never));
    let mut race = Race::new(on, &silent).await?;
    race.net = race.net.with_fallback_delay(Duration::from_millis(10));
    let start = on.now();
    let dial = on.timeout(Duration::from_millis(5), race.dial()).await;
    ensure!(dial.is_err(), "nobody answers");
    ensure!(on.now() - start < SOON);
    let tried = race.tried().len();
    on.sleep(Duration::from_millis(30)).await;
    ensure_eq!(race.tried().len(), tried, "it goes on behind one's back");
    Ok(())
}
