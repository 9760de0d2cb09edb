//! Compile-time properties of the types of a backend, such as `Send`.

use net_traits::{Dialer, Listener, PacketConn, Stream, Timer as _};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::Fixture;
use crate::subject::{Checked, ListenerOf, PacketConnOf, Subject, echo};

cases! {
    $ __types types:
    /// Values, and the futures of their methods, are `Send`. A backend with types
    /// that are not does not compile with the kit.
    /// Source: the contract of `Backend`; tokio `async_send_sync`.
    everything_can_be_sent_to_another_thread;
    /// `BoxDialer`, `BoxListener` and `BoxStream` behave like what they contain.
    /// Source: the contract of `Stream`.
    types_can_be_erased;
    /// `tokio::io::split` works, in addition to `into_split`.
    /// Source: tokio `io::split`.
    tokios_split_works_as_well;
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn goes_into_tasks<T: Send + Unpin + 'static>(value: T) -> T {
    value
}

/// Compiled, not run: a backend need not have datagram sockets.
fn sockets_are_shared<F: Fixture>(socket: &PacketConnOf<F>, buf: &mut [u8]) {
    fn is_shared<T: Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
    is_shared(socket);
    drop(is_send(socket.recv_from(buf)));
    drop(is_send(socket.send(&[])));
}

async fn everything_can_be_sent_to_another_thread<F: Fixture>(on: &Subject<F>) -> Checked {
    let _: fn(&PacketConnOf<F>, &mut [u8]) = sockets_are_shared::<F>;
    let (listener, address): (ListenerOf<F>, String) = on.listen().await?;
    let backend: &F::Backend = on.net.backend();
    drop(is_send(backend.sleep_until(backend.now())));
    let dial = is_send(on.net.dial("tcp", &address));
    let accept = is_send(listener.accept());
    let (dialed, (accepted, _)) = tokio::try_join!(dial, accept)?;
    drop(goes_into_tasks(dialed));
    let (read, write) = accepted.into_split();
    let (mut read, mut write) = (goes_into_tasks(read), goes_into_tasks(write));
    drop(is_send(write.write_u8(1)));
    drop(is_send(read.read_u8()));
    Ok(())
}

async fn types_can_be_erased<F: Fixture>(on: &Subject<F>) -> Checked {
    let listener = on.net.listen("tcp", "127.0.0.1:0").await?.boxed();
    let net = on.net.clone().boxed();
    let address = listener.local_addr()?.to_string();
    let (dialed, (accepted, _)) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
    let (mut read, mut write) = dialed.into_split();
    let (mut other_read, mut other_write) = accepted.into_split();
    write.write_all(b"there").await?;
    write.shutdown().await?;
    tokio::io::copy(&mut other_read, &mut other_write).await?;
    drop(other_write);
    let mut text = String::new();
    read.read_to_string(&mut text).await?;
    ensure_eq!(text, "there");
    Ok(())
}

async fn tokios_split_works_as_well<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, accepted) = on.pair().await?;
    let echo = tokio::spawn(echo(accepted));
    let (mut read, mut write) = tokio::io::split(dialed);
    write.write_all(b"there and back").await?;
    write.shutdown().await?;
    let mut text = String::new();
    read.read_to_string(&mut text).await?;
    ensure_eq!(text, "there and back");
    echo.await??;
    Ok(())
}
