//! Reads that return less than has arrived.

use net_traits::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{Pair, exchange, pair_with_seed};

/// How the bytes of one write are read.
async fn lengths(seed: u64) -> Result<Vec<usize>> {
    lengths_on(&pair_with_seed(seed)).await
}

async fn lengths_on(pair: &Pair) -> Result<Vec<usize>> {
    let (mut client, mut server) = pair.connect().await?;
    let sent: Vec<u8> = (0..100).collect();
    client.write_all(&sent).await?;
    client.shutdown().await?;
    let (mut got, mut lengths) = (Vec::new(), Vec::new());
    let mut buf = [0; 200];
    loop {
        match server.read(&mut buf).await? {
            0 => break,
            count => {
                got.extend_from_slice(&buf[..count]);
                lengths.push(count);
            }
        }
    }
    assert_eq!(got, sent);
    Ok(lengths)
}

#[tokio::test(start_paused = true)]
async fn some_seeds_split_a_write_over_several_reads_and_others_do_not() -> Result<()> {
    let mut split = 0;
    for seed in 0..200 {
        split += usize::from(lengths(seed).await?.len() > 1);
    }
    assert!((20..180).contains(&split), "{split}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_splits_reads_alike() -> Result<()> {
    for seed in 0..50 {
        assert_eq!(lengths(seed).await?, lengths(seed).await?);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_short_reads_a_read_returns_all_that_has_arrived() -> Result<()> {
    for seed in 0..50 {
        let pair = pair_with_seed(seed);
        pair.network.set_short_reads(false);
        assert_eq!(lengths_on(&pair).await?, [100]);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_short_read_may_be_followed_by_something_else() -> Result<()> {
    let mut cut_off = 0;
    for seed in 0..100 {
        let pair = pair_with_seed(seed);
        let (mut client, mut server) = pair.connect().await?;
        client.write_all(&[7; 100]).await?;
        let mut buf = [0; 100];
        // A mistake that this finds: what was read before is dropped.
        let whole = tokio::select! {
            biased;
            read = server.read_exact(&mut buf) => read.is_ok(),
            () = std::future::ready(()) => false,
        };
        cut_off += usize::from(!whole);
    }
    assert!((10..90).contains(&cut_off), "{cut_off}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn short_reads_change_no_packets() -> Result<()> {
    let mut traces = Vec::new();
    for is_on in [true, false] {
        let pair = pair_with_seed(5);
        pair.network.set_short_reads(is_on);
        let _loss = pair.network.rule().loss(0.2);
        let (mut client, mut server) = pair.connect().await?;
        for _ in 0..20 {
            exchange(&mut client, &mut server, b"question").await?;
            exchange(&mut server, &mut client, b"answer").await?;
        }
        traces.push(pair.network.trace());
    }
    assert_eq!(traces[0], traces[1]);
    Ok(())
}
