//! Which server is asked, and who is next when one fails.

use std::io::ErrorKind;
use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use net::{Family, Resolver, Result};

use crate::server::{Reply, Server, Transport, response};
use crate::support::{TIMEOUT, asking, builder, found, refusal, run};
use crate::zone::Zone;

async fn good() -> Result<Server> {
    Zone::new().address("h.test.", "192.0.2.1").serve().await
}

async fn silent() -> Result<Server> {
    Server::start(|_, _| Vec::new()).await
}

async fn failing(code: ResponseCode) -> Result<Server> {
    Server::start(move |query, _: Transport| {
        let mut answer = response(query);
        answer.metadata.response_code = code;
        vec![Reply::Message(answer)]
    })
    .await
}

#[test]
fn the_first_server_is_always_asked_first() -> Result<()> {
    run(async {
        let (first, second) = (good().await?, good().await?);
        let dns = asking(&[&first, &second]).cache_size(0).build();
        for _ in 0..3 {
            found(&dns, "h.test").await?;
            assert_eq!(first.asked().len(), 2);
            assert!(second.asked().is_empty());
        }
        Ok(())
    })
}

#[test]
fn servers_take_turns_if_asked_to() -> Result<()> {
    run(async {
        let (first, second) = (good().await?, good().await?);
        let dns = asking(&[&first, &second])
            .rotate(true)
            .cache_size(0)
            .build();
        for asked in [(2, 0), (0, 2), (2, 0), (0, 2)] {
            found(&dns, "h.test").await?;
            assert_eq!((first.asked().len(), second.asked().len()), asked);
        }
        Ok(())
    })
}

#[test]
fn the_next_server_is_asked_when_one_does_not_answer() -> Result<()> {
    run(async {
        let (dead, server) = (silent().await?, good().await?);
        let dns = asking(&[&dead, &server]).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        assert_eq!(dead.asked().len(), 2);
        Ok(())
    })
}

#[test]
fn the_next_server_is_asked_when_one_fails() -> Result<()> {
    run(async {
        for code in [
            ResponseCode::ServFail,
            ResponseCode::Refused,
            ResponseCode::NotImp,
            ResponseCode::FormErr,
        ] {
            let (failing, server) = (failing(code).await?, good().await?);
            let dns = asking(&[&failing, &server]).build();
            assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"], "{code}");
        }
        Ok(())
    })
}

#[test]
fn the_next_server_is_asked_at_once_when_nobody_listens() -> Result<()> {
    run(async {
        let gone = good().await?;
        let address = gone.address;
        drop(gone);
        // Its sockets are closed by its tasks, when they are run.
        net::time::sleep(Duration::from_millis(20)).await;
        let server = good().await?;
        let dns = builder()
            .server(address)
            .server(server.address)
            .timeout(Duration::from_secs(50))
            .build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        Ok(())
    })
}

/// Go's `TestIgnoreLameReferrals`.
#[test]
fn a_server_that_only_refers_to_others_is_passed_over() -> Result<()> {
    run(async {
        let lame = Server::start(|query: &Message, _: Transport| {
            let mut answer = response(query);
            answer.metadata.recursion_available = false;
            vec![Reply::Message(answer)]
        })
        .await?;
        let server = good().await?;
        let dns = asking(&[&lame, &server]).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        let error = refusal(&asking(&[&lame]).build(), "h.test").await;
        let expected = format!(
            "lookup h.test: {}: the server is neither authoritative for the name nor recursive",
            lame.address
        );
        assert_eq!(error.to_string(), expected);
        Ok(())
    })
}

#[test]
fn that_there_is_no_such_name_settles_the_question() -> Result<()> {
    run(async {
        let (first, second) = (good().await?, good().await?);
        let dns = asking(&[&first, &second]).attempts(3).build();
        let error = refusal(&dns, "nosuch.test").await;
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(first.asked().len(), 2);
        assert!(second.asked().is_empty());
        Ok(())
    })
}

#[test]
fn all_servers_are_asked_as_often_as_is_set() -> Result<()> {
    run(async {
        let (first, second) = (silent().await?, silent().await?);
        let dns = asking(&[&first, &second])
            .attempts(3)
            .timeout(Duration::from_millis(30))
            .build();
        let error = dns.lookup("h.test", Family::V4).await;
        let error = error.expect_err("nobody answers");
        assert!(error.is_timeout());
        let expected = format!("lookup h.test: {}: no answer within 30ms", second.address);
        assert_eq!(error.to_string(), expected);
        assert_eq!((first.asked().len(), second.asked().len()), (3, 3));
        Ok(())
    })
}

/// Go's `TestRetryTimeout`.
#[test]
fn a_lost_answer_is_asked_for_again() -> Result<()> {
    run(async {
        let zone = Zone::new().address("h.test.", "192.0.2.1");
        let lost = std::sync::atomic::AtomicBool::new(false);
        let server = Server::start(move |query, _: Transport| {
            if !lost.swap(true, std::sync::atomic::Ordering::Relaxed) {
                return Vec::new();
            }
            vec![Reply::Message(zone.answer(query))]
        })
        .await?;
        let dns = asking(&[&server]).attempts(2).build();
        let found = dns.lookup("h.test", Family::V4).await?;
        assert_eq!(found.len(), 1);
        assert_eq!(server.asked().len(), 2);
        Ok(())
    })
}

#[test]
fn a_code_that_a_server_answers_is_told() -> Result<()> {
    run(async {
        let server = failing(ResponseCode::Refused).await?;
        let error = refusal(&asking(&[&server]).build(), "h.test").await;
        let expected = format!(
            "lookup h.test: {}: the server responded with Query Refused",
            server.address
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.address(), Some("h.test"));
        assert_eq!(error.operation(), net::Operation::Lookup);
        Ok(())
    })
}

#[test]
fn an_answer_that_comes_after_its_time_is_not_taken() -> Result<()> {
    run(async {
        let zone = Zone::new().address("h.test.", "192.0.2.66");
        let late = Server::start(move |query, _: Transport| {
            let answer = Reply::Message(zone.answer(query));
            vec![Reply::Pause(TIMEOUT * 2), answer]
        })
        .await?;
        let server = good().await?;
        let dns = asking(&[&late, &server]).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        Ok(())
    })
}
