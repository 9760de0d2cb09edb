//! Unix sockets, by paths of one host.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::{Listener as _, PacketConn as _, Result};
use tokio::time::timeout;

use crate::support::{exchange, pair};

#[tokio::test(start_paused = true)]
async fn a_path_is_a_server_on_its_host_alone() -> Result<()> {
    let pair = pair();
    let listener = pair.server.listen("unix", "/run/app.sock").await?;
    let error = pair
        .server
        .listen("unix", "/run/app.sock")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    let error = pair.client.dial("unix", "/run/app.sock").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let mut dialed = pair.server.dial("unix", "/run/app.sock").await?;
    let (mut accepted, _) = listener.accept().await?;
    exchange(&mut dialed, &mut accepted, b"hello").await
}

#[tokio::test(start_paused = true)]
async fn datagrams_wait_for_room() -> Result<()> {
    let pair = pair();
    let net = &pair.server;
    let receiver = net.listen_packet("unixgram", "/run/log").await?;
    let sender = net.dial_packet("unixgram", "/run/log").await?;
    let mut sent = 0;
    while timeout(Duration::from_millis(1), sender.send(&[0; 1000]))
        .await
        .is_ok()
    {
        sent += 1;
    }
    assert!(sent > 10);
    receiver.recv_from(&mut [0; 1000]).await?;
    timeout(Duration::from_millis(1), sender.send(&[0; 1000]))
        .await
        .expect("there is room")?;
    Ok(())
}
