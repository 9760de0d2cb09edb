//! Replies in pieces, and random bytes.

use net::memory::MemoryNet;
use net::net_test;
use net::prelude::*;
use net_memcache::{Client, ErrorKind, Result};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::SOON;

/// Requests a key from a server that replies in these pieces, and closes the connection.
async fn ask(net: &MemoryNet, pieces: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    let listener = net.listen("tcp", "127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address").to_string();
    let serving = async {
        let (mut stream, _) = listener.accept().await?;
        stream.read_exact(&mut [0; "mn\r\n".len()]).await?;
        stream.write_all(b"MN\r\n").await?;
        stream
            .read_exact(&mut [0; "mg key v f c O0\r\n".len()])
            .await?;
        for piece in pieces {
            stream.write_all(&piece).await?;
            tokio::task::yield_now().await;
        }
        drop((stream, listener));
        net::Result::<_>::Ok(())
    };
    let cache = Client::builder(net.clone())
        .with_servers([address])
        .build()?;
    let asking = async { tokio::join!(cache.get("key"), serving).0 };
    let answer = net::time::timeout(SOON, asking).await.expect("an end");
    Ok(answer?.map(|item| item.value.to_vec()).unwrap_or_default())
}

fn cases<S: Strategy>(count: usize, strategy: S) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::deterministic();
    let mut case = move || strategy.new_tree(&mut runner).expect("a case").current();
    (0..count).map(move |_| case())
}

#[net_test(backend = memory)]
async fn a_reply_in_any_pieces_is_the_same_reply(net: MemoryNet) -> Result<()> {
    let values = vec(any::<u8>(), 0..40_000);
    let cuts = vec(any::<proptest::sample::Index>(), 0..8);
    for (value, cuts) in cases(100, (values, cuts)) {
        // The second request of a connection.
        let mut answer = format!("VA {} f1 c2 O0\r\n", value.len()).into_bytes();
        answer.extend_from_slice(&value);
        answer.extend_from_slice(b"\r\n");
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(answer.len())).collect();
        at.extend([0, answer.len()]);
        at.sort_unstable();
        let pieces = at.windows(2).map(|ends| answer[ends[0]..ends[1]].to_vec());
        let got = ask(&net, pieces.collect()).await?;
        assert!(got == value, "{} bytes, cut at {at:?}", value.len());
    }
    Ok(())
}

#[net_test(backend = memory)]
async fn random_bytes_are_a_reply_or_an_error(net: MemoryNet) -> Result<()> {
    let words = prop_oneof![
        vec(any::<u8>(), 0..20),
        "(VA|HD|EN|NF|MN|NS|EX|ERROR|SERVER_ERROR|END)".prop_map(String::into_bytes),
        "( [0-9]{1,20}| O0| O[0-9]| f[0-9]{1,11}| c[0-9]{1,21})".prop_map(String::into_bytes),
        "\r\n".prop_map(String::into_bytes),
    ];
    let mut answered = 0;
    for pieces in cases(500, vec(words, 0..12)) {
        let shown = format!("{pieces:?}");
        match ask(&net, pieces).await {
            Ok(_) => answered += 1,
            Err(error) => {
                let expected = !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::TimedOut);
                assert!(expected, "{shown}: {error}");
            }
        }
    }
    assert!(answered < 500, "nothing is wrong with any of them");
    Ok(())
}
