//! What errors tell, and what they leave.

use net::{Backend, NetOver, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Result, params};

use crate::scripted::{END, OK, Peer, against, column, text};

const STRING: u8 = 0xfd;
const REFUSAL: &[u8] = b"\xff\x28\x04#42000You have an error in your SQL syntax";

#[net_test(backends(memory))]
async fn a_refused_statement_leaves_its_connection_as_it_was(
    net: NetOver<impl Backend>,
) -> Result<()> {
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
async fn rows_that_do_not_fit_are_an_error_without_their_values(
    net: NetOver<impl Backend>,
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
async fn parameters_that_do_not_fit_are_an_error_before_anything_is_sent(
    net: NetOver<impl Backend>,
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
async fn nobody_listens(net: NetOver<impl Backend>) -> Result<()> {
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
