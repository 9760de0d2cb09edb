//! Taking connections.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use net::Result;
use net::prelude::*;

use crate::support::{QUIET, SOON, listen, pair_on, round_trip, run};

#[test]
fn two_hundred_connections_at_once_are_all_accepted() -> Result<()> {
    const COUNT: u8 = 200;
    run(async {
        let (listener, address) = listen().await?;
        let address: Arc<str> = address.into();
        let server = net::spawn(async move {
            let mut tasks = Vec::new();
            for _ in 0..COUNT {
                let (mut stream, _) = listener.accept().await?;
                tasks.push(net::spawn(async move {
                    let name = stream.read_u8().await?;
                    stream.write_u8(name).await
                }));
            }
            for task in tasks {
                task.await??;
            }
            Result::<_>::Ok(())
        });
        let mut clients = Vec::new();
        for name in 0..COUNT {
            let address = Arc::clone(&address);
            clients.push(net::spawn(async move {
                let mut stream = net::dial("tcp", &address).await?;
                stream.write_u8(name).await?;
                assert_eq!(stream.read_u8().await?, name);
                Result::<_>::Ok(())
            }));
        }
        for client in clients {
            client.await??;
        }
        server.await?
    })
}

#[test]
fn connections_wait_until_they_are_accepted() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let mut dialed = Vec::new();
        for name in 0..50 {
            let mut stream = net::dial("tcp", &address).await?;
            stream.write_u8(name).await?;
            dialed.push(stream);
        }
        for name in 0..50 {
            let (mut stream, _) = listener.accept().await?;
            assert_eq!(stream.read_u8().await?, name);
        }
        Ok(())
    })
}

#[test]
fn a_listener_that_is_gone_refuses_later_dials() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        drop(pair_on(&listener, &address).await?);
        drop(listener);
        let error = net::dial("tcp", &address).await.expect_err("closed");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
        Ok(())
    })
}

#[test]
fn ending_the_task_that_accepts_closes_the_listener() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let server = net::spawn(async move { listener.accept().await.map(|_| ()) });
        net::time::sleep(Duration::from_millis(5)).await;
        server.abort();
        assert!(server.await.expect_err("aborted").is_cancelled());
        let error = net::dial("tcp", &address).await.expect_err("closed");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
        Ok(())
    })
}

#[test]
fn a_connection_nobody_accepted_ends_with_its_listener() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let mut dialed = net::dial("tcp", &address).await?;
        drop(listener);
        match net::time::timeout(SOON, dialed.read(&mut [0])).await? {
            Ok(count) => assert_eq!(count, 0),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
        }
        Ok(())
    })
}

#[test]
fn an_address_can_be_listened_on_again_at_once() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let (dialed, accepted) = pair_on(&listener, &address).await?;
        // This end goes first, so its side of the connection lingers.
        drop(accepted);
        drop(dialed);
        drop(listener);
        let listener = net::listen("tcp", &address).await?;
        let (mut dialed, mut accepted) = pair_on(&listener, &address).await?;
        round_trip(&mut dialed, &mut accepted).await?;
        Ok(())
    })
}

#[test]
fn a_dropped_accept_loses_no_connection() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        for name in 0..100 {
            let early = net::time::timeout(Duration::from_micros(10), listener.accept()).await;
            assert!(early.is_err());
            let mut dialed = net::dial("tcp", &address).await?;
            dialed.write_u8(name).await?;
            let (mut accepted, _) = listener.accept().await?;
            assert_eq!(accepted.read_u8().await?, name);
        }
        Ok(())
    })
}

#[test]
fn an_accept_dropped_while_a_dial_is_under_way_loses_no_connection() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        for name in 0..50 {
            let client = {
                let address = address.clone();
                net::spawn(async move {
                    let mut dialed = net::dial("tcp", &address).await?;
                    dialed.write_u8(name).await?;
                    Result::<_>::Ok(dialed)
                })
            };
            let mut accepted = loop {
                tokio::select! {
                    biased;
                    accepted = listener.accept() => break accepted?.0,
                    () = tokio::task::yield_now() => {}
                }
            };
            assert_eq!(accepted.read_u8().await?, name);
            client.await??;
        }
        Ok(())
    })
}

#[test]
fn two_tasks_accept_from_one_listener_and_each_connection_goes_to_one() -> Result<()> {
    const COUNT: u8 = 60;
    run(async {
        let (listener, address) = listen().await?;
        let listener = Arc::new(listener);
        let (names, mut accepted) = tokio::sync::mpsc::channel(1);
        let servers: Vec<_> = (0..2)
            .map(|_| {
                let (listener, names) = (Arc::clone(&listener), names.clone());
                net::spawn(async move {
                    loop {
                        let (mut stream, _) = listener.accept().await?;
                        let name = stream.read_u8().await?;
                        if names.send(name).await.is_err() {
                            return Result::<_>::Ok(());
                        }
                    }
                })
            })
            .collect();
        let mut seen = HashSet::new();
        for burst in 0..COUNT / 3 {
            let mut dialed = Vec::new();
            for name in burst * 3..(burst + 1) * 3 {
                let mut stream = net::dial("tcp", &address).await?;
                stream.write_u8(name).await?;
                dialed.push(stream);
            }
            for _ in 0..3 {
                let name = net::time::timeout(SOON, accepted.recv()).await?;
                assert!(seen.insert(name.expect("servers that run")));
            }
        }
        assert_eq!(seen.len(), usize::from(COUNT));
        for server in servers {
            server.abort();
        }
        Ok(())
    })
}

#[test]
fn an_accepting_task_that_gives_up_leaves_the_connection_to_another() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let listener = Arc::new(listener);
        let accept = || {
            let listener = Arc::clone(&listener);
            net::spawn(async move { listener.accept().await.map(|(stream, _)| stream) })
        };
        let (first, second) = (accept(), accept());
        net::time::sleep(QUIET).await;
        first.abort();
        let mut dialed = net::dial("tcp", &address).await?;
        let mut accepted = net::time::timeout(SOON, second).await???;
        round_trip(&mut dialed, &mut accepted).await?;
        Ok(())
    })
}
