//! Hostile servers after the login.

use std::io::ErrorKind;

use net::{Network, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Result, Row};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::scripted::{CAPABILITIES, END, OK, Peer, against, answered, column, greeting, text};

const LONG: u8 = 3;
const TIME: u8 = 11;
const STRING: u8 = 0xfd;

async fn refused<N: Network>(net: &N, packets: &[Vec<u8>]) -> Result<String> {
    let error = answered(net, packets).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{packets:?}: {error}");
    Ok(error.to_string())
}

#[net_test(backends(native, memory))]
async fn invalid_replies_are_errors(net: impl Network) -> Result<()> {
    let first_packets: [&[u8]; 9] = [
        &[],
        &[0],
        &[0, 0, 0, 2],
        &[0xff],
        &[0xff, 1],
        // Impossible numbers of columns.
        &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0xfd, 0xff, 0xff, 0xff],
        &[0xfc, 1],
        &[1, 1],
    ];
    for packet in first_packets {
        refused(&net, &[packet.to_vec()]).await?;
    }
    // There is no handler for files.
    let told = refused(&net, &[b"\xfb/etc/passwd".to_vec()]).await?;
    assert!(told.contains("requests a file"), "{told}");
    Ok(())
}

#[net_test(backends(memory))]
async fn invalid_columns_are_errors(net: impl Network) -> Result<()> {
    let good = column("a", STRING);
    for length in 0..good.len() {
        refused(&net, &[vec![1], good[..length].to_vec()]).await?;
    }
    // Column types that servers do not send to clients, or that do not exist.
    for kind in [17, 18, 19, 20, 100, 243] {
        refused(&net, &[vec![1], column("a", kind)]).await?;
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn invalid_rows_are_errors(net: impl Network) -> Result<()> {
    let rows: [&[u8]; 6] = [
        &[],
        &[5, b'x'],
        &[1, b'x', 1, b'y'],
        &[0xfc, 1],
        &[0xfd, 0xff, 0xff, 0xff],
        // A truncated end of rows.
        &[0xfe, 0, 0],
    ];
    for row in rows {
        refused(&net, &[vec![1], column("a", STRING), row.to_vec()]).await?;
    }
    Ok(())
}

/// The reply to a prepared statement: one parameter, one column.
fn prepared(kind: u8) -> Vec<Vec<u8>> {
    let ok = vec![0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0];
    vec![ok, column("?", STRING), column("a", kind)]
}

/// Runs two commands that receive these replies.
async fn executed<N: Network>(
    net: &N,
    prepared: &[Vec<u8>],
    executed: &[Vec<u8>],
) -> Result<Vec<Row>> {
    let script = async |mut peer: Peer<N::Stream>| {
        peer.log_in().await;
        for packets in [prepared, executed] {
            for packet in packets {
                peer.send(packet).await;
            }
            peer.receive().await;
        }
    };
    against(net, script, async |opts| {
        let mut conn = Conn::connect(net, opts).await?;
        conn.exec("SELECT ?", (1,)).await
    })
    .await
}

#[net_test(backends(memory))]
async fn invalid_binary_rows_are_errors(net: impl Network) -> Result<()> {
    let rows: [(u8, &[u8]); 5] = [
        (LONG, &[]),
        (LONG, &[0]),
        (LONG, &[0, 0, 1, 2, 3]),
        (LONG, &[0, 0, 1, 2, 3, 4, 5]),
        // 4 billion days, which overflow in calculations.
        (TIME, &[0, 0, 8, 0, 0xff, 0xff, 0xff, 0xff, 1, 1, 1]),
    ];
    for (kind, row) in rows {
        let result = [vec![1], column("a", kind), row.to_vec(), END.to_vec()];
        let error = executed(&net, &prepared(kind), &result).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{row:?}: {error}");
    }
    let result = [
        vec![1],
        column("a", LONG),
        vec![0, 0, 7, 0, 0, 0],
        END.to_vec(),
    ];
    let rows = executed(&net, &prepared(LONG), &result).await?;
    assert_eq!(rows[0].get::<u32, _>(0), Some(7));
    Ok(())
}

#[net_test(backends(memory))]
async fn the_end_of_the_connection_is_an_error_at_each_packet(net: impl Network) -> Result<()> {
    let result = [vec![1], column("a", STRING), text("x"), END.to_vec()];
    for sent in 0..result.len() {
        let script = async |mut peer: Peer<_>| {
            peer.log_in().await;
            for packet in &result[..sent] {
                peer.send(packet).await;
            }
        };
        let ended = against(&net, script, async |opts| {
            let mut conn = Conn::connect(&net, opts).await?;
            conn.query::<Row, _>("SELECT").await
        });
        let error = ended.await.unwrap_err();
        let kinds = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
        assert!(kinds.contains(&error.kind()), "{sent}: {error}");
    }
    Ok(())
}

/// The transcripts to change at random.
fn transcripts() -> Vec<Vec<Vec<u8>>> {
    let hello = greeting(CAPABILITIES, "caching_sha2_password");
    let text_result = [vec![2], column("a", STRING), column("b", LONG)];
    let rows = [
        [text("one"), text("1")].concat(),
        [text("two"), vec![0xfb]].concat(),
    ];
    let mut binary = prepared(TIME);
    binary.extend([
        vec![1],
        column("a", TIME),
        vec![0, 0, 8, 0, 1, 0, 0, 0, 1, 2, 3],
    ]);
    vec![
        vec![hello, vec![1, 3], OK.to_vec()],
        [&text_result[..], &rows[..], &[END.to_vec()]].concat(),
        binary,
    ]
}

/// Nothing that a server sends makes a client panic or hang.
#[net_test(backends(memory))]
async fn random_replies_are_a_result_or_an_error(net: impl Network) -> Result<()> {
    let mut runner = TestRunner::deterministic();
    let changes = prop::collection::vec((any::<u16>(), any::<u8>()), 1..4);
    for _ in 0..300 {
        for (which, transcript) in transcripts().into_iter().enumerate() {
            let changes = changes.new_tree(&mut runner).expect("a change").current();
            let mut packets = transcript;
            for (place, byte) in changes {
                let of_packet = usize::from(place) % packets.len();
                let packet = &mut packets[of_packet];
                if !packet.is_empty() {
                    let place = usize::from(place >> 4) % packet.len();
                    packet[place] = byte;
                }
            }
            let script = async |mut peer: Peer<_>| {
                if which > 0 {
                    peer.log_in().await;
                }
                for packet in &packets {
                    peer.send(packet).await;
                }
            };
            // Any outcome will do.
            let _ = against(&net, script, async |opts: Opts| {
                let mut conn = Conn::connect(&net, opts.with_password("secret")).await?;
                let rows: Vec<Row> = match which {
                    2 => conn.exec("SELECT ?", (1,)).await?,
                    _ => conn.query("SELECT").await?,
                };
                drop(format!("{rows:?}"));
                Ok(())
            })
            .await;
        }
    }
    Ok(())
}
