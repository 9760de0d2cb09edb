//! Socket options.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::{KeepAlive, OptionName, Result, SocketOption, Stream as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::pair;

#[tokio::test(start_paused = true)]
async fn a_linger_above_zero_delivers_everything_and_does_not_block() -> Result<()> {
    for linger in [Duration::from_nanos(1), Duration::from_millis(500)] {
        let pair = pair();
        let (mut client, mut server) = pair.connect().await?;
        let _late = pair.network.rule().latency(Duration::from_secs(2));
        client.set_linger(Some(linger))?;
        let option = client.option(OptionName::Linger)?;
        assert_eq!(option, SocketOption::Linger(Some(linger)));
        client.write_all(&vec![7; 100_000]).await?;
        let start = tokio::time::Instant::now();
        drop(client);
        assert_eq!(start.elapsed(), Duration::ZERO);
        let mut got = Vec::new();
        server.read_to_end(&mut got).await?;
        assert_eq!(got.len(), 100_000);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn keep_alive_times_of_zero_are_an_error_that_names_the_option() -> Result<()> {
    let pair = pair();
    let (client, _server) = pair.connect().await?;
    for times in [
        KeepAlive::new().idle(Duration::ZERO),
        KeepAlive::new().interval(Duration::ZERO),
        KeepAlive::new().count(0),
    ] {
        let error = client.set_keepalive(Some(times)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{times:?}");
        assert!(error.to_string().contains("keepalive"), "{error}");
        let dial = pair.client.clone().with_keepalive(times);
        let error = dial.dial("tcp", "10.0.0.2:80").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{times:?}");
    }
    let option = client.option(OptionName::KeepAlive)?;
    assert_eq!(option, SocketOption::KeepAlive(None));
    Ok(())
}
