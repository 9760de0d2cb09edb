//! UDP.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::{Endpoint, PacketConn as _, Result, SocketOption};
use tokio::time::timeout;

use crate::support::pair;

fn endpoint(address: &str) -> Endpoint {
    address.parse::<std::net::SocketAddr>().unwrap().into()
}

#[tokio::test(start_paused = true)]
async fn datagrams_are_received_whole_with_their_sender() -> Result<()> {
    let pair = pair();
    let server = pair.server.listen_packet("udp", ":53").await?;
    let client = pair.client.listen_packet("udp", ":0").await?;
    for data in [&b"question"[..], b"", &vec![7; 65507]] {
        client.send_to(data, &endpoint("10.0.0.2:53")).await?;
        let mut buf = vec![0; 65535];
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!((&buf[..packet.len], packet.truncated), (data, false));
        assert_eq!(packet.from, endpoint("10.0.0.1:49152"));
        server.send_to(b"answer", &packet.from).await?;
        assert_eq!(client.recv_from(&mut buf).await?.len, 6);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_cut_off_or_refused() -> Result<()> {
    let pair = pair();
    let server = pair.server.listen_packet("udp", ":53").await?;
    let client = pair.client.dial_packet("udp", "server:53").await?;
    client.send(b"12345").await?;
    let packet = server.recv_from(&mut [0; 3]).await?;
    assert_eq!((packet.len, packet.truncated), (3, true));
    let error = client.send(&vec![0; 65508]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_full_socket_loses_datagrams() -> Result<()> {
    let pair = pair();
    let server = pair.server.listen_packet("udp", ":53").await?;
    server.set_option(SocketOption::RecvBuffer(1000))?;
    let client = pair.client.dial_packet("udp", "server:53").await?;
    for _ in 0..20 {
        client.send(&[0; 99]).await?;
    }
    for _ in 0..10 {
        server.recv_from(&mut [0; 99]).await?;
    }
    let mut buf = [0; 99];
    let more = timeout(Duration::from_secs(1), server.recv_from(&mut buf));
    more.await.unwrap_err();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connected_socket_hears_of_a_refusal_and_only_from_its_peer() -> Result<()> {
    let pair = pair();
    let client = pair.client.dial_packet("udp", "10.0.0.2:53").await?;
    client.send(b"x").await?;
    let error = client.recv_from(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let stranger = pair.server.listen_packet("udp", ":54").await?;
    stranger.send_to(b"no", &client.local_addr()?).await?;
    let server = pair.server.listen_packet("udp", ":53").await?;
    server.send_to(b"yes", &client.local_addr()?).await?;
    let packet = client.recv_from(&mut [0; 3]).await?;
    assert_eq!((packet.len, packet.from), (3, endpoint("10.0.0.2:53")));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_reaches_all_who_listen_and_needs_leave() -> Result<()> {
    let pair = pair();
    let one = pair.server.listen_packet("udp4", ":67").await?;
    let other = pair.client.listen_packet("udp4", ":67").await?;
    let everyone = endpoint("255.255.255.255:67");
    let error = one.send_to(b"x", &everyone).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    one.set_option(SocketOption::Broadcast(true))?;
    one.send_to(b"x", &everyone).await?;
    for socket in [&one, &other] {
        let packet = socket.recv_from(&mut [0; 1]).await?;
        assert_eq!(packet.from, endpoint("10.0.0.2:67"));
    }
    Ok(())
}
