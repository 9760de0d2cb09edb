//! What errors contain, and the state after them.

use std::time::Duration;

use net::{Network, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Pool, Result, params};

use crate::scripted::{CAPABILITIES, END, OK, Peer, against, column, greeting, text};

const STRING: u8 = 0xfd;
const REFUSAL: &[u8] = b"\xff\x28\x04#42000You have an error in your SQL syntax";

#[net_test(backends(memory))]
async fn a_rejected_statement_leaves_its_connection_usable(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        peer.log_in().await;
        peer.send(REFUSAL).await;
        peer.receive().await;
        // In the middle of rows.
        peer.send(&[1]).await;
        peer.send(&column("a", STRING)).await;
        peer.send(&text("x")).await;
        peer.send(REFUSAL).await;
        peer.receive().await;
        peer.send(OK).await;
        peer.receive().await;
    };
    against(&net, script, async |opts| {
        let mut conn = Conn::connect(&net, opts).await?;
        for _ in 0..2 {
            let error = conn.query::<String, _>("SELEC").await.unwrap_err();
            let server = error.server().expect("an error of the server");
            assert_eq!((server.code, &*server.state), (1064, "42000"));
            let told = "error 1064 (42000): You have an error in your SQL syntax";
            assert_eq!(error.to_string(), told);
        }
        conn.ping().await
    })
    .await
}

#[net_test(backends(memory))]
async fn rows_that_cannot_be_converted_are_an_error_without_their_values(
    net: impl Network,
) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        peer.log_in().await;
        for row in ["private", "text"] {
            peer.send(&[1]).await;
            peer.send(&column("secret", STRING)).await;
            peer.send(&text(row)).await;
            peer.send(END).await;
            peer.receive().await;
        }
    };
    against(&net, script, async |opts| {
        let mut conn = Conn::connect(&net, opts).await?;
        let error = conn.query::<u32, _>("SELECT").await.unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(
            told.contains("secret") && !told.contains("private"),
            "{told}"
        );
        let second: Option<String> = conn.query_first("SELECT").await?;
        assert_eq!(second.as_deref(), Some("text"));
        Ok(())
    })
    .await
}

#[net_test(backends(memory))]
async fn parameters_that_do_not_match_are_an_error_before_anything_is_sent(
    net: impl Network,
) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        let prepare = peer.log_in().await.expect("a statement");
        assert_eq!(prepare, b"\x16SELECT ?");
        // One parameter, no column.
        peer.send(&[0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]).await;
        peer.send(&column("?", STRING)).await;
        let ping = peer.receive().await.expect("a ping");
        assert_eq!(ping, [0x0e]);
        peer.send(OK).await;
        peer.receive().await;
    };
    against(&net, script, async |opts| {
        let mut conn = Conn::connect(&net, opts).await?;
        let statement = conn.prep("SELECT :a").await?;
        let invalid = std::io::ErrorKind::InvalidInput;
        let error = conn.exec_drop(&statement, ()).await.unwrap_err();
        assert_eq!(error.kind(), invalid, "{error}");
        let error = conn.exec_drop(&statement, (1, 2)).await.unwrap_err();
        assert_eq!(error.kind(), invalid, "{error}");
        let other = params! { "b" => 1 };
        let error = conn.exec_drop(&statement, other).await.unwrap_err();
        assert_eq!(error.kind(), invalid, "{error}");
        let error = conn.prep("SELECT ?, :a").await.unwrap_err();
        assert_eq!(error.kind(), invalid, "{error}");
        conn.ping().await
    })
    .await
}

#[net_test(backends(memory))]
async fn nobody_listens(net: impl Network) -> Result<()> {
    let error = Conn::connect(&net, Opts::new("127.0.0.1:1"))
        .await
        .unwrap_err();
    assert_eq!(
        error.kind(),
        std::io::ErrorKind::ConnectionRefused,
        "{error}"
    );
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    Ok(())
}

#[net_test(backends(memory))]
async fn waiting_for_a_connection_in_vain_names_the_pool(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let script = async |mut peer: Peer<_>| drop(peer.log_in().await);
    against(&net, script, async |opts: Opts| {
        let opts = opts
            .with_pool_max(1)
            .with_pool_wait(Duration::from_millis(50));
        let pool = Pool::with_dialer(net.clone(), opts)?;
        let _conn = pool.get_conn().await?;
        let error = pool.get_conn().await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert_eq!(
            error.to_string(),
            "no connection of the pool became available within 50ms"
        );
        Ok(())
    })
    .await
}

#[net_test(backends(memory))]
async fn the_version_of_mariadb_has_no_prefix_for_replication(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        let hello = greeting(CAPABILITIES, "mysql_native_password");
        let version = b"\x0a5.5.5-10.11.6-MariaDB\0";
        peer.send(&[version, &hello[16..]].concat()).await;
        peer.receive().await;
        peer.send(OK).await;
        peer.receive().await;
    };
    against(&net, script, async |opts| {
        let conn = Conn::connect(&net, opts).await?;
        assert_eq!(conn.server_version(), "10.11.6-MariaDB");
        Ok(())
    })
    .await
}
