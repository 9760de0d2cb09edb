//! No descriptor leaks.

use net_traits::{Listener, PacketConn};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::Fixture;
use crate::subject::{Checked, Fails, SOON, Subject, round_trip};

cases! {
    $ __limits limits:
    /// Dropping both ends frees both descriptors.
    /// Source: Go TestDialerDualStackFDLeak.
    two_thousand_connections_in_a_row_leave_nothing_behind;
    /// A refused dial keeps no descriptor.
    /// Source: Go TestDialerDualStackFDLeak.
    two_thousand_dials_that_fail_leave_nothing_behind;
    /// A cancelled dial keeps no descriptor.
    /// Source: turmoil `cancelled_connect_closes_socket`.
    two_thousand_dials_that_were_given_up_leave_nothing_behind;
    /// Dropping a socket frees its descriptor.
    /// Source: Go TestPacketConnClose.
    two_thousand_datagram_sockets_in_a_row_leave_nothing_behind;
}

/// More than xtask allows its guests, and than most systems allow a program.
const MANY: usize = 2_000;

async fn two_thousand_connections_in_a_row_leave_nothing_behind<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (listener, address) = on.listen().await?;
    for _ in 0..MANY {
        let (mut dialed, mut accepted) = on.pair_on(&listener, &address).await?;
        round_trip(&mut dialed, &mut accepted).await?;
        drop(dialed);
        ensure_eq!(on.timeout(SOON, accepted.read(&mut [0])).await??, 0);
    }
    Ok(())
}

async fn two_thousand_dials_that_fail_leave_nothing_behind<F: Fixture>(on: &Subject<F>) -> Checked {
    // Nobody listens there, and the system does not choose this port for a dial, so
    // none can connect to itself.
    for _ in 0..MANY {
        on.net
            .dial("tcp", "127.0.0.1:1")
            .await
            .fails("nobody is there")?;
    }
    let (mut dialed, mut accepted) = on.pair().await?;
    Ok(round_trip(&mut dialed, &mut accepted).await?)
}

async fn two_thousand_dials_that_were_given_up_leave_nothing_behind<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (listener, address) = on.listen().await?;
    for _ in 0..MANY {
        tokio::select! {
            biased;
            dialed = on.net.dial("tcp", &address) => drop(dialed?),
            () = std::future::ready(()) => {}
        }
    }
    // Other tasks run after these.
    let dial = async {
        let mut dialed = on.net.dial("tcp", &address).await?;
        dialed.write_u8(5).await?;
        anyhow::Ok(dialed)
    };
    let accept = async {
        loop {
            let (mut accepted, _) = listener.accept().await?;
            if let Ok(byte) = accepted.read_u8().await {
                return anyhow::Ok(byte);
            }
        }
    };
    let (_dialed, byte) = tokio::try_join!(dial, accept)?;
    ensure_eq!(byte, 5);
    Ok(())
}

async fn two_thousand_datagram_sockets_in_a_row_leave_nothing_behind<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (server, to) = on.packet_socket().await?;
    for _ in 0..MANY {
        let (client, _) = on.packet_socket().await?;
        client.send_to(b"x", &to).await?;
        on.timeout(SOON, server.recv_from(&mut [0; 8])).await??;
    }
    Ok(())
}
