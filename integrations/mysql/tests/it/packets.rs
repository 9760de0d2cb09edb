//! The encoding of packets.

use net::{Network, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Result};

use crate::scripted::{END, OK, Peer, against, answered, column, header, text};

/// `VAR_STRING`.
const STRING: u8 = 0xfd;
const MOST: usize = (1 << 24) - 1;

/// A result of one column with these rows.
fn result_set(rows: &[&str]) -> Vec<Vec<u8>> {
    let mut packets = vec![vec![1], column("a", STRING)];
    packets.extend(rows.iter().map(|row| text(row)));
    packets.push(END.to_vec());
    packets
}

#[net_test(backends(native, memory))]
async fn a_reply_is_read_in_any_pieces(net: impl Network) -> Result<()> {
    let packets = result_set(&["one", "", "three"]);
    let mut bytes = Vec::new();
    for (sequence, packet) in (1..).zip(&packets) {
        bytes.extend_from_slice(&header(packet.len(), sequence));
        bytes.extend_from_slice(packet);
    }
    let script = async |mut peer: Peer<_>| {
        peer.log_in().await;
        for cut in 0..bytes.len() {
            let (first, second) = bytes.split_at(cut);
            peer.send_raw(first).await;
            tokio::task::yield_now().await;
            peer.send_raw(second).await;
            peer.receive().await;
        }
        peer.receive().await;
    };
    against(&net, script, async |opts| {
        let mut conn = Conn::connect(&net, opts).await?;
        for _ in 0..bytes.len() {
            let rows: Vec<String> = conn.query("SELECT").await?;
            assert_eq!(rows, ["one", "", "three"]);
        }
        Ok(())
    })
    .await
}

#[net_test(backends(memory))]
async fn packets_of_16_mib_are_split_and_joined(net: impl Network) -> Result<()> {
    // A packet of exactly the size that an empty packet must follow.
    for length in [MOST - 1, MOST, MOST + 1] {
        let script = async |mut peer: Peer<_>| {
            let first = peer.log_in().await.expect("a command");
            assert_eq!(first.len(), length.min(MOST));
            assert!(first[1..].iter().all(|&byte| byte == b'x'));
            if length >= MOST {
                let second = peer.receive().await.expect("its second part");
                assert_eq!(second, vec![b'x'; length - MOST]);
            }
            peer.send(&[1]).await;
            peer.send(&column("a", STRING)).await;
            // A row with a text whose length has three bytes.
            let mut row = vec![0xfd];
            row.extend_from_slice(&(length as u64 - 4).to_le_bytes()[..3]);
            row.resize(length, b'y');
            let (now, rest) = row.split_at(length.min(MOST));
            peer.send(now).await;
            if length >= MOST {
                peer.send(rest).await;
            }
            peer.send(END).await;
            peer.receive().await;
        };
        against(&net, script, async |opts: Opts| {
            let mut conn = Conn::connect(&net, opts).await?;
            let query = vec![b'x'; length - 1];
            let row: Option<Vec<u8>> = conn.query_first(query).await?;
            let row = row.expect("a row");
            assert_eq!(row.len(), length - 4);
            assert!(row.iter().all(|&byte| byte == b'y'));
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn a_packet_beyond_the_limit_is_not_sent(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        peer.log_in().await;
        peer.send(OK).await;
        peer.receive().await;
    };
    against(&net, script, async |opts: Opts| {
        let mut conn = Conn::connect(&net, opts.with_max_packet(4096)).await?;
        let error = conn.query_drop("x".repeat(4096)).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
        // Nothing was sent, so the connection is still usable.
        conn.ping().await
    })
    .await
}

#[net_test(backends(memory))]
async fn a_packet_beyond_the_limit_is_not_read(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        peer.log_in().await;
        peer.send(&[1]).await;
        peer.send(&column("a", STRING)).await;
        // Only the header, since the packet is rejected before memory is allocated for it.
        peer.send_raw(&header(5000, 3)).await;
        peer.send_raw(b"x").await;
        peer.receive().await;
    };
    against(&net, script, async |opts: Opts| {
        let mut conn = Conn::connect(&net, opts.with_max_packet(4096)).await?;
        let error = conn.query_drop("SELECT").await.unwrap_err();
        assert!(error.to_string().contains("limit"), "{error}");
        Ok(())
    })
    .await
}

#[net_test(backends(memory))]
async fn sequence_numbers_must_follow_each_other(net: impl Network) -> Result<()> {
    for wrong in [0, 2, 255] {
        let script = async |mut peer: Peer<_>| {
            peer.log_in().await;
            peer.send_raw(&header(OK.len(), wrong)).await;
            peer.send_raw(OK).await;
            peer.receive().await;
        };
        against(&net, script, async |opts| {
            let mut conn = Conn::connect(&net, opts).await?;
            let error = conn.ping().await.unwrap_err();
            assert!(error.to_string().contains("sequence numbers"), "{error}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn sequence_numbers_wrap_around(net: impl Network) -> Result<()> {
    let texts: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    let packets = result_set(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let rows = answered(&net, &packets).await?;
    assert_eq!(rows.len(), 1000);
    assert_eq!(rows[999].get::<String, _>(0).as_deref(), Some("999"));
    Ok(())
}
