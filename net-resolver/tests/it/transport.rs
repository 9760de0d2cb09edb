//! UDP, and TCP where an answer is too long for it.

use std::io::ErrorKind;
use std::time::Duration;

use hickory_proto::op::Message;
use net::{Family, Resolver, Result};

use crate::server::{Reply, Server, Transport, response};
use crate::support::{asking, found, refusal, run};
use crate::zone::Zone;

/// A server whose answers are truncated over UDP.
async fn truncating(
    over_tcp: impl Fn(&Message) -> Vec<Reply> + Send + Sync + 'static,
) -> Result<Server> {
    Server::start(move |query, transport| match transport {
        Transport::Udp => {
            let mut answer = response(query);
            answer.metadata.truncation = true;
            vec![Reply::Message(answer)]
        }
        Transport::Tcp => over_tcp(query),
    })
    .await
}

/// Go's `TestDNSTransportFallback`.
#[test]
fn a_truncated_answer_is_fetched_over_tcp() -> Result<()> {
    run(async {
        // As many as do not fit into a datagram that was asked for.
        let zone = (0..200).fold(Zone::new(), |zone, i| {
            zone.address("big.test.", &format!("192.0.2.{i}"))
        });
        let server = truncating(move |query| vec![Reply::Message(zone.answer(query))]).await?;
        let dns = asking(&[&server]).build();
        let found = dns.lookup("big.test", Family::V4).await?;
        assert_eq!(found.len(), 200);
        assert_eq!(server.asked(), ["A big.test. Tcp", "A big.test. Udp"]);
        Ok(())
    })
}

/// Go's `TestDNSTransportNoFallbackOnTCP`.
#[test]
fn an_answer_that_is_truncated_over_tcp_too_is_an_error() -> Result<()> {
    run(async {
        let server = truncating(|query| {
            let mut answer = response(query);
            answer.metadata.truncation = true;
            vec![Reply::Message(answer)]
        })
        .await?;
        let error = refusal(&asking(&[&server]).build(), "h.test").await;
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let expected = format!(
            "lookup h.test: {}: the answer is truncated over TCP too",
            server.address
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(server.asked().len(), 4);
        Ok(())
    })
}

#[test]
fn what_goes_wrong_over_tcp_is_an_error_or_a_timeout() -> Result<()> {
    run(async {
        let stalls = || Reply::Pause(Duration::from_secs(30));
        for (replies, kind) in [
            (vec![], ErrorKind::UnexpectedEof),
            (vec![Reply::Bytes(vec![0])], ErrorKind::UnexpectedEof),
            (vec![Reply::Bytes(vec![0]), stalls()], ErrorKind::TimedOut),
            (vec![Reply::Bytes(vec![0, 0])], ErrorKind::InvalidData),
            (
                vec![Reply::Bytes(vec![0, 3, 1, 2, 3])],
                ErrorKind::InvalidData,
            ),
            (
                vec![Reply::Bytes(vec![1, 0, 7]), stalls()],
                ErrorKind::TimedOut,
            ),
            (
                vec![Reply::Bytes(vec![0xff; 65_537])],
                ErrorKind::InvalidData,
            ),
        ] {
            let text = format!("{replies:.60?}");
            let server = truncating(move |_| replies.clone()).await?;
            let dns = asking(&[&server]).build();
            let error = dns.lookup("h.test", Family::V4).await;
            assert_eq!(error.expect_err("no answer").kind(), kind, "{text}");
        }
        Ok(())
    })
}

/// Go's `TestDNSPacketSize`: 1,232 bytes are asked for.
#[test]
fn the_size_of_datagrams_is_asked_for() -> Result<()> {
    run(async {
        let server = Server::start(|query, _: Transport| {
            let edns = query.edns.as_ref().expect("an OPT record");
            assert_eq!((edns.max_payload(), edns.version()), (1232, 0));
            assert!(query.metadata.recursion_desired);
            // So many addresses, and no more, fit.
            let zone = (0..70).fold(Zone::new(), |zone, i| {
                zone.address("h.test.", &format!("192.0.2.{i}"))
            });
            vec![Reply::Message(zone.answer(query))]
        })
        .await?;
        let dns = asking(&[&server]).build();
        assert_eq!(found(&dns, "h.test").await?.len(), 70);
        assert!(server.asked().iter().all(|line| line.ends_with("Udp")));
        Ok(())
    })
}

#[test]
fn a_datagram_longer_than_the_buffer_is_fetched_over_tcp() -> Result<()> {
    run(async {
        let zone = (0..400).fold(Zone::new(), |zone, i| {
            zone.address("h.test.", &format!("10.0.{}.{}", i / 200, i % 200))
        });
        let server =
            Server::start(move |query, _: Transport| vec![Reply::Message(zone.answer(query))])
                .await?;
        let dns = asking(&[&server]).build();
        let found = dns.lookup("h.test", Family::V4).await?;
        assert_eq!(found.len(), 400);
        assert_eq!(server.asked(), ["A h.test. Tcp", "A h.test. Udp"]);
        Ok(())
    })
}
