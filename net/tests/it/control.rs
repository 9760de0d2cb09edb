//! The hook that runs on new sockets.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

use net::prelude::*;
use net::{Control, Net, OptionName, PacketConn, Result, SocketOption};

use crate::support::{assert_mentions, listen, pair_on, round_trip, run};

/// What a hook has seen.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// A network that writes down the address of each new socket.
    fn net(&self) -> Net {
        let seen = self.clone();
        let control = Control::new(move |socket, address| {
            assert!(socket.descriptor().is_some());
            seen.0
                .lock()
                .expect("no panic before")
                .push(address.to_string());
            socket.set_option(SocketOption::RecvBuffer(20_000))
        });
        Net::default().with_control(control)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic before"))
    }
}

#[test]
fn a_hook_runs_before_a_socket_is_connected_or_bound() -> Result<()> {
    run(async {
        let seen = Seen::default();
        let net = seen.net();
        let (listener, address) = listen().await?;
        let (dialed, _accepted) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
        assert_eq!(seen.take(), std::slice::from_ref(&address));
        let SocketOption::RecvBuffer(size) = dialed.option(OptionName::RecvBuffer)? else {
            panic!("another option");
        };
        assert!((20_000..=80_000).contains(&size), "{size}");

        let listener = net.listen("tcp", "127.0.0.1:0").await?;
        assert_eq!(seen.take(), ["127.0.0.1:0"]);
        let address = listener.local_addr()?.to_string();
        let (mut one, mut other) = pair_on(&listener, &address).await?;
        round_trip(&mut one, &mut other).await?;

        let bound = net.listen_packet("udp", "127.0.0.1:0").await?;
        assert_eq!(seen.take(), ["127.0.0.1:0"]);
        let address = bound.local_addr()?.to_string();
        net.dial_packet("udp", &address).await?;
        assert_eq!(seen.take(), [address]);
        Ok(())
    })
}

#[test]
fn the_error_of_a_hook_ends_the_operation_and_closes_the_socket() -> Result<()> {
    run(async {
        let control =
            Control::new(|_, _| Err(io::Error::new(ErrorKind::PermissionDenied, "not this one")));
        let net = Net::default().with_control(control);
        // More often than there may be descriptors.
        for _ in 0..1100 {
            let error = net.dial("tcp", "127.0.0.1:1").await.expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert_mentions(&error, &["dial tcp 127.0.0.1:1", "not this one"]);
        }
        let error = net.listen("tcp", "127.0.0.1:0").await.expect_err("refused");
        assert_mentions(&error, &["listen tcp 127.0.0.1:0", "not this one"]);
        let error = net
            .listen_packet("udp", "127.0.0.1:0")
            .await
            .expect_err("refused");
        assert_mentions(&error, &["listen for packets udp", "not this one"]);
        Ok(())
    })
}

#[test]
fn a_hook_meets_what_the_host_has_not_as_an_error() -> Result<()> {
    run(async {
        let control = Control::new(|socket, _| socket.set_option(SocketOption::Backlog(1)));
        let net = Net::default().with_control(control);
        let error = net.dial("tcp", "127.0.0.1:1").await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_mentions(&error, &["backlog", net.host()]);
        Ok(())
    })
}
