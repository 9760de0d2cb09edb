//! An echo server over UDP.
//!
//! ```text
//! cargo run --release --example udp_echo                  # native
//! cargo xtask run wasmedge udp_echo                       # the same source on WasmEdge
//! cargo xtask run wasi-go udp_echo                        # and on wasi-go
//! nc -u 127.0.0.1 3000                                    # type something
//! ```

use std::pin::pin;
use std::time::Duration;

use net::PacketConn;

/// Longer datagrams are truncated.
const LONGEST: usize = 2048;

#[net::net_main]
async fn main() -> net::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let socket = net::listen_packet("udp", address).await?;
    println!("listening on {}", socket.local_addr()?);
    echo(&socket).await;
    Ok(())
}

/// Echoes until the program is asked to end.
async fn echo(socket: &impl PacketConn) {
    let mut buf = [0; LONGEST];
    let mut stop = pin!(net::shutdown());
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buf) => received,
            () = &mut stop => return,
        };
        let packet = match received {
            Ok(packet) => packet,
            Err(error) => {
                eprintln!("{error}");
                net::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let note = if packet.truncated { ", truncated" } else { "" };
        println!("{}: {} bytes{note}", packet.from, packet.len);
        // A peer that cannot be reached must not stop the server.
        if let Err(error) = socket.send_to(&buf[..packet.len], &packet.from).await {
            eprintln!("{error}");
        }
    }
}
