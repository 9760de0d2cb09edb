//! Aliases (RFC 1034 §3.6.2).

use net::Result;

use crate::server::{Reply, Server, Transport};
use crate::support::{asking, found, refusal, run};
use crate::zone::{Zone, name};

#[test]
fn a_chain_of_aliases_is_followed_within_an_answer() -> Result<()> {
    run(async {
        let server = Zone::new()
            .alias("www.test.", "web.test.")
            .alias("web.test.", "host.test.")
            .address("host.test.", "192.0.2.1")
            .serve()
            .await?;
        let dns = asking(&[&server]).build();
        assert_eq!(found(&dns, "www.test").await?, ["192.0.2.1"]);
        assert_eq!(server.asked(), ["A www.test. Udp", "AAAA www.test. Udp"]);
        assert_eq!(dns.lookup_cname("www.test").await?, "host.test.");
        assert_eq!(dns.lookup_cname("host.test").await?, "host.test.");
        Ok(())
    })
}

#[test]
fn an_alias_whose_target_the_answer_lacks_is_asked_for() -> Result<()> {
    run(async {
        let zone = Zone::new()
            .alias("www.test.", "host.other.")
            .address("host.other.", "192.0.2.1");
        let server = Server::start(move |query, _: Transport| {
            let mut answer = zone.answer(query);
            answer.authorities.clear();
            let asked = query.queries[0].name();
            answer.answers.retain(|record| record.name == *asked);
            vec![Reply::Message(answer)]
        })
        .await?;
        let dns = asking(&[&server]).build();
        assert_eq!(found(&dns, "www.test").await?, ["192.0.2.1"]);
        let asked = server.asked();
        assert!(asked.contains(&"A host.other. Udp".to_owned()), "{asked:?}");
        Ok(())
    })
}

#[test]
fn aliases_that_lead_nowhere_end() -> Result<()> {
    run(async {
        let server = Zone::new()
            .alias("loop.test.", "pool.test.")
            .alias("pool.test.", "loop.test.")
            .alias("self.test.", "self.test.")
            .alias("gone.test.", "nosuch.test.")
            .serve()
            .await?;
        let dns = asking(&[&server]).build();
        for name in ["loop.test", "self.test", "gone.test"] {
            let error = refusal(&dns, name).await;
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
        }
        assert!(server.asked().len() < 100);
        Ok(())
    })
}

/// A server that makes a new alias up with each question.
#[test]
fn aliases_without_end_are_given_up() -> Result<()> {
    run(async {
        let server = Server::start(|query, _: Transport| {
            let asked = query.queries[0].name().to_string();
            let zone = Zone::new().alias(&asked, &format!("a.{asked}"));
            let mut answer = zone.answer(query);
            answer.metadata.response_code = hickory_proto::op::ResponseCode::NoError;
            answer.authorities.clear();
            vec![Reply::Message(answer)]
        })
        .await?;
        let dns = asking(&[&server]).build();
        let error = refusal(&dns, "h.test").await;
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
        assert!(server.asked().len() <= 16);
        Ok(())
    })
}

#[test]
fn records_of_other_names_in_an_answer_are_not_taken() -> Result<()> {
    run(async {
        let zone = Zone::new().address("h.test.", "192.0.2.1");
        let server = Server::start(move |query, _: Transport| {
            let mut answer = zone.answer(query);
            if let Some(first) = answer.answers.first().cloned() {
                let mut other = first;
                other.name = name("other.test.");
                other.data =
                    hickory_proto::rr::RData::A(hickory_proto::rr::rdata::A::new(192, 0, 2, 66));
                answer.answers.insert(0, other);
            }
            vec![Reply::Message(answer)]
        })
        .await?;
        let dns = asking(&[&server]).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        Ok(())
    })
}
