//! Bytes: order, buffers of all sizes, backpressure, dropped futures.

use std::io::IoSlice;
use std::time::Duration;

use net::Result;
use net::prelude::*;
use tokio::select;

use crate::support::{QUIET, fill, pair, pattern, run};

#[test]
fn a_mebibyte_in_small_chunks_arrives_in_order() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let sent = pattern(1 << 20);
        let copy = sent.clone();
        let writer = net::spawn(async move {
            for chunk in copy.chunks(1 << 10) {
                dialed.write_all(chunk).await?;
            }
            dialed.shutdown().await
        });
        let mut received = Vec::new();
        accepted.read_to_end(&mut received).await?;
        writer.await??;
        assert!(received == sent);
        Ok(())
    })
}

#[test]
fn a_slow_reader_loses_nothing_of_16_mebibytes() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let sent = pattern(16 << 20);
        let copy = sent.clone();
        let writer = net::spawn(async move {
            dialed.write_all(&copy).await?;
            dialed.shutdown().await
        });
        let mut chunk = vec![0; 100_000];
        let mut received = 0;
        loop {
            if received % 1_000_000 < chunk.len() {
                net::time::sleep(Duration::from_millis(5)).await;
            }
            let count = accepted.read(&mut chunk).await?;
            if count == 0 {
                break;
            }
            assert!(chunk[..count] == sent[received..received + count]);
            received += count;
        }
        assert_eq!(received, sent.len());
        writer.await??;
        Ok(())
    })
}

#[test]
fn both_directions_flow_at_once() -> Result<()> {
    async fn both_ways(stream: net::target::Stream, data: Vec<u8>) -> std::io::Result<Vec<u8>> {
        let (mut read, mut write) = stream.into_split();
        let sending = async {
            write.write_all(&data).await?;
            write.shutdown().await
        };
        let mut received = Vec::new();
        tokio::try_join!(sending, read.read_to_end(&mut received))?;
        Ok(received)
    }
    run(async {
        let (dialed, accepted) = pair().await?;
        let data = pattern(4 << 20);
        let one = net::spawn(both_ways(dialed, data.clone()));
        let other = net::spawn(both_ways(accepted, data.clone()));
        assert!(one.await?? == data);
        assert!(other.await?? == data);
        Ok(())
    })
}

#[test]
fn a_vectored_write_arrives_in_order() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let parts = [
            IoSlice::new(b"one "),
            IoSlice::new(b""),
            IoSlice::new(b"two"),
        ];
        assert!(dialed.is_write_vectored());
        let written = dialed.write_vectored(&parts).await?;
        assert_eq!(written, 7);
        drop(dialed);
        let mut text = String::new();
        accepted.read_to_string(&mut text).await?;
        assert_eq!(text, "one two");
        Ok(())
    })
}

#[test]
fn a_vectored_write_of_more_slices_than_a_host_takes_writes_the_first() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let data = pattern(5_000);
        let parts: Vec<_> = data.chunks(1).map(IoSlice::new).collect();
        let written = dialed.write_vectored(&parts).await?;
        assert!((1..=data.len()).contains(&written), "{written}");
        drop(dialed);
        let mut received = Vec::new();
        accepted.read_to_end(&mut received).await?;
        assert_eq!(received, data[..written]);
        Ok(())
    })
}

#[test]
fn reads_of_one_byte_get_every_byte() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let sent = pattern(20_000);
        dialed.write_all(&sent).await?;
        drop(dialed);
        let mut received = Vec::new();
        let mut byte = [0];
        while accepted.read(&mut byte).await? == 1 {
            received.push(byte[0]);
        }
        assert_eq!(received, sent);
        Ok(())
    })
}

#[test]
fn a_read_into_no_room_takes_nothing() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        dialed.write_all(b"here").await?;
        let mut text = [0; 4];
        accepted.read_exact(&mut text[..1]).await?;
        assert_eq!(accepted.read(&mut []).await?, 0);
        accepted.read_exact(&mut text[1..]).await?;
        assert_eq!(&text, b"here");
        // It says nothing about the end either: more may come.
        dialed.write_u8(1).await?;
        assert_eq!(accepted.read_u8().await?, 1);
        Ok(())
    })
}

#[test]
fn an_empty_write_sends_nothing() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        assert_eq!(dialed.write(&[]).await?, 0);
        assert_eq!(dialed.write_vectored(&[]).await?, 0);
        dialed.write_all(b"x").await?;
        assert_eq!(accepted.read_u8().await?, b'x');
        Ok(())
    })
}

#[test]
fn dropping_a_pending_read_loses_no_byte() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let sent = pattern(50_000);
        let copy = sent.clone();
        let writer = net::spawn(async move {
            for chunk in copy.chunks(37) {
                dialed.write_all(chunk).await?;
                tokio::task::yield_now().await;
            }
            dialed.shutdown().await
        });
        let mut received = Vec::new();
        let mut given_up = 0;
        loop {
            let mut chunk = [0; 64];
            // Gives up at once, or when it was polled once or twice more.
            let patience = async {
                for _ in 0..given_up % 3 {
                    tokio::task::yield_now().await;
                }
            };
            select! {
                biased;
                count = accepted.read(&mut chunk) => {
                    let count = count?;
                    if count == 0 {
                        break;
                    }
                    received.extend_from_slice(&chunk[..count]);
                }
                () = patience => {
                    given_up += 1;
                    tokio::task::yield_now().await;
                }
            }
        }
        writer.await??;
        assert!(given_up > 0);
        assert_eq!(received, sent);
        Ok(())
    })
}

#[test]
fn a_read_that_timed_out_many_times_still_gets_the_bytes() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        for round in 0..20 {
            let early = net::time::timeout(Duration::from_millis(1), accepted.read_u8()).await;
            assert!(early.is_err());
            dialed.write_u8(round).await?;
            assert_eq!(accepted.read_u8().await?, round);
        }
        Ok(())
    })
}

#[test]
fn dropping_a_pending_write_has_sent_a_prefix() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let data = pattern(32 << 20);
        let all = net::time::timeout(QUIET, dialed.write_all(&data)).await;
        assert!(all.is_err(), "so much does not fit into a connection");
        // Still in order, and of use.
        dialed.shutdown().await?;
        let mut received = Vec::new();
        accepted.read_to_end(&mut received).await?;
        assert!(!received.is_empty());
        assert!(received[..] == data[..received.len()]);
        accepted.write_u8(1).await?;
        assert_eq!(dialed.read_u8().await?, 1);
        Ok(())
    })
}

#[test]
fn a_write_that_was_given_up_has_sent_just_what_was_reported() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let mut reported = 0;
        let mut received = 0;
        let mut chunk = vec![0; 1 << 20];
        for _ in 0..3 {
            reported += fill(&mut dialed).await?;
            while received < reported {
                received += accepted.read(&mut chunk).await?;
            }
            assert_eq!(received, reported);
        }
        drop(dialed);
        assert_eq!(accepted.read(&mut chunk).await?, 0);
        Ok(())
    })
}

#[test]
fn a_pending_write_goes_on_when_the_peer_reads() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let mut sent = fill(&mut dialed).await?;
        let writer = net::spawn(async move {
            dialed.write_all(&[0; 1_000]).await?;
            dialed.shutdown().await
        });
        net::time::sleep(QUIET).await;
        assert!(!writer.is_finished());
        sent += 1_000;
        let mut received = Vec::new();
        accepted.read_to_end(&mut received).await?;
        assert_eq!(received.len(), sent);
        writer.await??;
        Ok(())
    })
}
