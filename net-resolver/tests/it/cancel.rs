//! A lookup that is given up leaves nothing behind.

use std::time::Duration;

use net::{Family, Resolver, Result};

use crate::server::{Reply, Server, Transport, response};
use crate::support::{asking, run};
use crate::zone::Zone;

/// More often than there may be descriptors, on hosts that are given 1,024.
const OFTEN: usize = 600;

#[test]
fn lookups_that_are_given_up_close_their_sockets() -> Result<()> {
    run(async {
        let silent = Server::start(|_, _| Vec::new()).await?;
        let dns = asking(&[&silent]).timeout(Duration::from_secs(60)).build();
        for _ in 0..OFTEN {
            let lookup = dns.lookup("h.test", Family::Any);
            net::time::timeout(Duration::from_millis(1), lookup)
                .await
                .expect_err("nobody answers");
        }
        // Two sockets each: they would have run out.
        let server = Zone::new().address("h.test.", "192.0.2.1").serve().await?;
        asking(&[&server])
            .build()
            .lookup("h.test", Family::Any)
            .await?;
        Ok(())
    })
}

#[test]
fn lookups_over_tcp_that_are_given_up_close_their_connections() -> Result<()> {
    run(async {
        let server = Server::start(|query, transport| {
            let mut answer = response(query);
            answer.metadata.truncation = true;
            match transport {
                Transport::Udp => vec![Reply::Message(answer)],
                Transport::Tcp => vec![Reply::Pause(Duration::from_secs(60))],
            }
        })
        .await?;
        let dns = asking(&[&server]).timeout(Duration::from_secs(60)).build();
        for _ in 0..20 {
            let lookup = dns.lookup("h.test", Family::V4);
            net::time::timeout(Duration::from_millis(20), lookup)
                .await
                .expect_err("nobody answers");
        }
        Ok(())
    })
}

#[test]
fn lookups_in_a_row_leave_no_socket() -> Result<()> {
    run(async {
        let server = Zone::new().address("h.test.", "192.0.2.1").serve().await?;
        let dns = asking(&[&server]).cache_size(0).build();
        for _ in 0..OFTEN {
            dns.lookup("h.test", Family::Any).await?;
        }
        Ok(())
    })
}
