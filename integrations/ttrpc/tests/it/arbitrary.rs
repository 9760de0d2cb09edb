//! Random bytes, in random pieces: neither side panics or hangs.

use net::memory::{MemoryNet, Network};
use net::prelude::*;
use net::time::timeout;
use net_ttrpc::{Client, Server};
use proptest::prelude::*;
use ttrpc_greeter::GreeterClient;

use crate::support::{Running, SOON, frame, number, request, text};

/// Frames that are valid or nearly valid, or bytes.
fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let payload = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        Just(request("Hello", b"\x0a\x01a")),
        Just(request("Count", b"\x08\x03")),
        Just(request("Sum", b"")),
        Just(request("Chat", b"\x0a\x01a")),
        Just(b"\x12\x03\x0a\x01a".to_vec()),
    ];
    let framed = (0_u32..9, 0_u8..5, 0_u8..10, payload)
        .prop_map(|(stream, kind, flags, payload)| frame(stream, kind, flags, &payload));
    let piece = prop_oneof![
        9 => framed,
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..20)
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_server_takes_any_bytes(pieces in pieces(), cut in 1_usize..50) {
        let net = MemoryNet::from(Network::new().host("test"));
        let served = net::block_on(async {
            let server = Running::start(&net, Server::new()).await?;
            let stream = net.dial("tcp", &server.address).await?;
            let (mut read, mut write) = stream.into_split();
            let sending = async {
                for piece in pieces.concat().chunks(cut) {
                    if write.write_all(piece).await.is_err() {
                        break;
                    }
                }
                let _ = write.shutdown().await;
            };
            let mut answers = Vec::new();
            let reading = read.read_to_end(&mut answers);
            // The connection may be reset, since the server does not read everything.
            let _ = timeout(SOON, async { tokio::join!(sending, reading) }).await?;
            let greeter = server.client(&net).await?;
            let greeting = greeter.hello(text("World")).await?;
            assert_eq!(greeting.value, "Hello, World!");
            drop(greeter);
            server.stop().await
        });
        served.unwrap();
    }

    #[test]
    fn a_client_takes_any_bytes(pieces in pieces(), cut in 1_usize..50) {
        let net = MemoryNet::from(Network::new().host("test"));
        let called = net::block_on(async {
            let listener = net.listen("tcp", ":0").await?;
            let address = listener.local_addr()?.to_string();
            let client = Client::connect(&net, "tcp", &address).await?;
            let greeter = GreeterClient::new(client.clone());
            let (mut server, _peer) = listener.accept().await?;
            let sending = async {
                for piece in pieces.concat().chunks(cut) {
                    if server.write_all(piece).await.is_err() {
                        break;
                    }
                }
                drop(server);
            };
            let calling = async {
                let _ = greeter.hello(text("World")).await;
                if let Ok(mut numbers) = greeter.count(number(3)).await {
                    while let Ok(Some(_)) = numbers.message().await {}
                }
                client.closed().await;
            };
            let both = async { tokio::join!(sending, calling) };
            timeout(SOON, both).await?;
            net::Result::<()>::Ok(())
        });
        called.unwrap();
    }
}
