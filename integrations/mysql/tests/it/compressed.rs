//! Invalid compressed packets.

use std::io::ErrorKind;

use net::memory::MemoryNet;
use net::net_test;
use net_mysql::prelude::*;
use net_mysql::{Conn, Error, Opts, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::scripted::{CAPABILITIES, OK, Peer, against, greeting};

const ZSTD: u32 = 1 << 26;

/// The capabilities of both algorithms.
const ALGORITHMS: [fn(Opts) -> Opts; 2] =
    [|opts| opts.with_compression(1), |opts| opts.with_zstd()];

/// Encodes a compressed packet with the given lengths and bytes.
fn packet(length: usize, plain: usize, bytes: &[u8]) -> Vec<u8> {
    let (length, plain) = (length.to_le_bytes(), plain.to_le_bytes());
    [&length[..3], &[1], &plain[..3], bytes].concat()
}

/// Pings a server that replies with these bytes, and then closes the connection.
async fn answered(net: &MemoryNet, by: fn(Opts) -> Opts, answer: &[u8]) -> Result<Error> {
    let script = async |mut peer: Peer<_>| {
        let capabilities = CAPABILITIES | ZSTD;
        let plugin = "mysql_native_password";
        peer.send(&greeting(capabilities, plugin)).await;
        if peer.receive().await.is_some() {
            peer.send(OK).await;
            peer.send_raw(answer).await;
        }
    };
    against(net, script, async |opts: Opts| {
        let opts = by(opts).with_max_packet(1 << 20);
        match Conn::connect(net, opts).await {
            Ok(mut conn) => Ok(conn.ping().await.unwrap_err()),
            // A part of the reply arrived before the request.
            Err(error) => Ok(error),
        }
    })
    .await
}

#[net_test(backend = memory)]
async fn compressed_packets_of_a_wrong_length_are_errors(net: MemoryNet) -> Result<()> {
    let zeros = [0_u8; 64];
    for by in ALGORITHMS {
        for answer in [
            // More than the limit, before and after.
            packet(1 << 23, 0, &zeros),
            packet(64, (1 << 24) - 1, &zeros),
            // Not valid compressed data.
            packet(64, 100, &zeros),
        ] {
            let error = answered(&net, by, &answer).await?;
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        }
    }
    Ok(())
}

#[net_test(backend = memory)]
async fn a_frame_of_zstd_with_another_length_is_an_error(net: MemoryNet) -> Result<()> {
    // One raw block of 5 bytes (RFC 8878 §3.1.1).
    let frame = b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello";
    for plain in [4, 6] {
        let answer = packet(frame.len(), plain, frame);
        let error = answered(&net, Opts::with_zstd, &answer).await?;
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        assert!(error.to_string().contains("compressed packet"), "{error}");
    }
    // A window of 2 GiB, in three bytes.
    let answer = packet(9, 50, b"\x28\xb5\x2f\xfd\0\xa8\x01\0\0");
    let error = answered(&net, Opts::with_zstd, &answer).await?;
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    Ok(())
}

#[net_test(backend = memory)]
async fn garbled_frames_are_errors(net: MemoryNet) -> Result<()> {
    let mut runner = TestRunner::deterministic();
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    for _ in 0..200 {
        let tree = bytes.new_tree(&mut runner).expect("some bytes");
        let frame = [b"\x28\xb5\x2f\xfd", &tree.current()[..]].concat();
        let answer = packet(frame.len(), 100, &frame);
        answered(&net, Opts::with_zstd, &answer).await?;
    }
    Ok(())
}
