//! Both families, asked for at once.

use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;
use net::{Answer, Family, Resolver, Result};

use crate::server::{Reply, Server, Transport, kind, response};
use crate::support::{asking, found, ips, refusal, run};
use crate::zone::Zone;

fn dual() -> Zone {
    Zone::new()
        .address("h.test.", "192.0.2.1")
        .address("h.test.", "2001:db8::1")
        .address("four.test.", "192.0.2.4")
        .address("six.test.", "2001:db8::6")
}

#[test]
fn a_name_has_the_addresses_of_both_families() -> Result<()> {
    run(async {
        let server = dual().serve().await?;
        let dns = asking(&[&server]).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(server.asked(), ["A h.test. Udp", "AAAA h.test. Udp"]);
        assert_eq!(found(&dns, "four.test").await?, ["192.0.2.4"]);
        assert_eq!(found(&dns, "six.test").await?, ["2001:db8::6"]);
        assert_eq!(found(&dns, "H.TEST.").await?, ["192.0.2.1", "2001:db8::1"]);
        Ok(())
    })
}

#[test]
fn one_family_is_one_question() -> Result<()> {
    run(async {
        let server = dual().serve().await?;
        let dns = asking(&[&server]).build();
        let four = dns.lookup("h.test", Family::V4).await?;
        assert_eq!(four, ips(&["192.0.2.1"]));
        assert_eq!(server.asked(), ["A h.test. Udp"]);
        let six = dns.lookup("h.test", Family::V6).await?;
        assert_eq!(six, ips(&["2001:db8::1"]));
        assert_eq!(server.asked(), ["AAAA h.test. Udp"]);
        let error = dns.lookup("four.test", Family::V6).await;
        assert_eq!(
            error.expect_err("it has none").kind(),
            std::io::ErrorKind::NotFound
        );
        Ok(())
    })
}

/// A server that is slow to answer about one family.
async fn slow(family: RecordType) -> Result<Server> {
    let zone = dual();
    Server::start(move |query, _: Transport| {
        let answer = Reply::Message(zone.answer(query));
        if kind(query) == family {
            return vec![Reply::Pause(Duration::from_millis(150)), answer];
        }
        vec![answer]
    })
    .await
}

#[test]
fn each_family_is_handed_on_as_it_comes() -> Result<()> {
    run(async {
        for (late, first, second) in [
            (RecordType::AAAA, Family::V4, Family::V6),
            (RecordType::A, Family::V6, Family::V4),
        ] {
            let server = slow(late).await?;
            let dns = asking(&[&server]).build();
            let mut answers: Vec<Answer> = Vec::new();
            let mut found = |answer| answers.push(answer);
            dns.lookup_each("h.test", Family::Any, &mut found).await?;
            let families: Vec<Family> = answers.iter().map(|answer| answer.family).collect();
            assert_eq!(families, [first, second]);
            assert!(answers.iter().all(|answer| answer.addresses.len() == 1));
        }
        Ok(())
    })
}

#[test]
fn a_family_that_a_name_has_not_is_an_empty_answer() -> Result<()> {
    run(async {
        let server = dual().serve().await?;
        let dns = asking(&[&server]).build();
        for (name, family, other) in [
            ("four.test", Family::V4, Family::V6),
            ("six.test", Family::V6, Family::V4),
        ] {
            let mut answers: Vec<Answer> = Vec::new();
            let mut found = |answer| answers.push(answer);
            dns.lookup_each(name, Family::Any, &mut found).await?;
            assert_eq!(answers[0].family, family, "{name}");
            assert_eq!(answers[1], Answer::new(other, Vec::new()), "{name}");
        }
        Ok(())
    })
}

/// As Go without "strict errors": what was found counts.
#[test]
fn a_family_that_could_not_be_asked_for_does_not_hide_the_other() -> Result<()> {
    run(async {
        let zone = dual();
        let server = Server::start(move |query: &Message, _: Transport| {
            let mut answer = zone.answer(query);
            if kind(query) == RecordType::AAAA {
                answer = response(query);
                answer.metadata.response_code = ResponseCode::ServFail;
            }
            vec![Reply::Message(answer)]
        })
        .await?;
        let dns = asking(&[&server]).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        // Where nothing was found, the failure is told: there may be addresses.
        let error = refusal(&dns, "six.test").await;
        assert!(error.to_string().contains("Server Failure"), "{error}");
        Ok(())
    })
}

#[test]
fn many_lookups_run_at_once() -> Result<()> {
    run(async {
        let server = dual().serve().await?;
        let dns = asking(&[&server]).cache_size(0).build();
        let lookups: Vec<_> = (0..50)
            .map(|_| {
                let dns = dns.clone();
                net::spawn(async move { found(&dns, "h.test").await })
            })
            .collect();
        for lookup in lookups {
            assert_eq!(lookup.await??, ["192.0.2.1", "2001:db8::1"]);
        }
        Ok(())
    })
}

#[test]
fn a_program_dials_what_the_resolver_finds() -> Result<()> {
    run(async {
        use net::prelude::*;
        let listener = net::listen("tcp4", "127.0.0.1:0").await?;
        let port = listener.local_addr()?.port().expect("a port");
        let server = Zone::new()
            .address("app.test.", "127.0.0.1")
            .address("app.test.", "::1")
            .serve()
            .await?;
        let net = net::Net::default().with_resolver(asking(&[&server]).build());
        let address = format!("app.test:{port}");
        let (dialed, _) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
        let peer = format!("127.0.0.1:{port}");
        assert_eq!(dialed.peer_addr()?.to_string(), peer);
        let error = net.dial("tcp", "nosuch.test:1").await.expect_err("no name");
        assert_eq!(
            error.to_string(),
            "dial tcp nosuch.test:1: lookup nosuch.test: no such host or record"
        );
        Ok(())
    })
}
