//! What is no answer to the question is not taken for one.

use hickory_proto::op::{Message, MessageType};
use net::Result;

use crate::server::{Reply, Server, Transport, response};
use crate::support::{asking, found, refusal, run};
use crate::zone::{Zone, name};

/// A server before whose answer comes a forged one.
async fn after(forge: impl Fn(&Message) -> Reply + Send + Sync + 'static) -> Result<Server> {
    let zone = Zone::new().address("h.test.", "192.0.2.1");
    Server::start(move |query, _: Transport| vec![forge(query), Reply::Message(zone.answer(query))])
        .await
}

/// An answer with another address.
fn forged(query: &Message) -> Message {
    Zone::new().address("h.test.", "192.0.2.66").answer(query)
}

/// Go's `TestIgnoreDNSForgeries`, and more of the kind.
#[test]
fn an_answer_to_another_question_is_passed_over() -> Result<()> {
    run(async {
        let forgeries: [fn(&Message) -> Reply; 8] = [
            |_| Reply::Bytes(b"garbage DNS response packet".to_vec()),
            |_| Reply::Bytes(Vec::new()),
            |_| Reply::Bytes(vec![0]),
            // Another id.
            |query| {
                let mut message = forged(query);
                message.metadata.id = query.metadata.id.wrapping_add(1);
                Reply::Message(message)
            },
            // No response.
            |query| {
                let mut message = forged(query);
                message.metadata.message_type = MessageType::Query;
                Reply::Message(message)
            },
            // Another name.
            |query| {
                let mut message = forged(query);
                message.queries[0].set_name(name("other.test."));
                Reply::Message(message)
            },
            // No question.
            |query| {
                let mut message = forged(query);
                message.queries.clear();
                Reply::Message(message)
            },
            // Two.
            |query| {
                let mut message = forged(query);
                message.add_query(query.queries[0].clone());
                Reply::Message(message)
            },
        ];
        for (number, forge) in forgeries.into_iter().enumerate() {
            let server = after(forge).await?;
            let dns = asking(&[&server]).build();
            let found = found(&dns, "h.test").await;
            assert_eq!(found?, ["192.0.2.1"], "forgery {number}");
        }
        Ok(())
    })
}

#[test]
fn a_server_that_only_sends_garbage_runs_into_the_limit() -> Result<()> {
    run(async {
        let server = Server::start(|_, _| vec![Reply::Bytes(vec![7; 100]); 20]).await?;
        let error = refusal(&asking(&[&server]).build(), "h.test").await;
        assert!(error.is_timeout(), "{error}");
        Ok(())
    })
}

/// The name in the answer may be written in other letters.
#[test]
fn the_case_of_letters_does_not_matter() -> Result<()> {
    run(async {
        let server = Server::start(|query, _: Transport| {
            let mut answer = response(query);
            answer.queries[0].set_name(name("H.tEsT."));
            let zone = Zone::new().address("h.TEST.", "192.0.2.1");
            answer.add_answers(zone.answer(query).answers);
            vec![Reply::Message(answer)]
        })
        .await?;
        let dns = asking(&[&server]).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        Ok(())
    })
}
