//! Answers are remembered as long as they are good.

use std::time::Duration;

use net::Result;

use crate::support::{asking, found, refusal, run};
use crate::zone::Zone;

#[test]
fn an_answer_is_remembered_as_long_as_it_is_good() -> Result<()> {
    run(async {
        let server = Zone::new()
            .ttl(1)
            .address("h.test.", "192.0.2.1")
            .serve()
            .await?;
        let dns = asking(&[&server]).build();
        found(&dns, "h.test").await?;
        assert_eq!(server.asked().len(), 2);
        found(&dns, "h.test").await?;
        found(&dns.clone(), "H.Test.").await?;
        assert!(server.asked().is_empty());
        net::time::sleep(Duration::from_millis(1200)).await;
        found(&dns, "h.test").await?;
        assert_eq!(server.asked().len(), 2);
        Ok(())
    })
}

#[test]
fn that_there_is_none_is_remembered_too() -> Result<()> {
    run(async {
        let server = Zone::new().txt("text.test.", &["only"]).serve().await?;
        let dns = asking(&[&server]).build();
        for name in ["nosuch.test", "text.test"] {
            refusal(&dns, name).await;
            assert_eq!(server.asked().len(), 2);
            refusal(&dns, name).await;
            assert!(server.asked().is_empty());
        }
        Ok(())
    })
}

#[test]
fn a_failure_is_not_remembered() -> Result<()> {
    run(async {
        let server = crate::server::Server::start(|_, _| Vec::new()).await?;
        let dns = asking(&[&server])
            .timeout(Duration::from_millis(50))
            .build();
        for _ in 0..2 {
            assert!(refusal(&dns, "h.test").await.is_timeout());
            assert_eq!(server.asked().len(), 2);
        }
        Ok(())
    })
}

#[test]
fn nothing_is_remembered_without_a_cache() -> Result<()> {
    run(async {
        let server = Zone::new().address("h.test.", "192.0.2.1").serve().await?;
        let dns = asking(&[&server]).cache_size(0).build();
        for _ in 0..3 {
            found(&dns, "h.test").await?;
            assert_eq!(server.asked().len(), 2);
        }
        Ok(())
    })
}
