//! Many tasks that wait for one socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use net_native::{Native, PacketConn};
use net_traits::{Backend, PacketConn as _, SocketOptions};
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use crate::pair::endpoint;

async fn socket() -> PacketConn {
    let any = endpoint("127.0.0.1:0");
    let options = SocketOptions::new();
    let socket = Native::new().packet(Some(&any), None, &options).await;
    socket.unwrap()
}

/// Counts those that exist.
struct Waiter(Arc<AtomicUsize>);

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn tasks_that_have_stopped_waiting_are_forgotten() {
    let socket = socket().await;
    let count = Arc::new(AtomicUsize::new(0));
    for _ in 0..10_000 {
        count.fetch_add(1, Ordering::Relaxed);
        let waker = Waker::from(Arc::new(Waiter(Arc::clone(&count))));
        let poll = socket.poll_recv_from(&mut Context::from_waker(&waker), &mut [0; 8]);
        assert!(poll.is_pending());
        // A wait takes from the budget of this task.
        yield_now().await;
    }
    let left = count.load(Ordering::Relaxed);
    assert!(left < 1000, "{left} are left");
}

#[tokio::test]
async fn each_of_a_thousand_tasks_receives_a_datagram() {
    const TASKS: usize = 1000;
    let receiver = Arc::new(socket().await);
    let sender = socket().await;
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let receiver = Arc::clone(&receiver);
        tasks.spawn(async move { receiver.recv_from(&mut [0; 8]).await.map(drop) });
    }
    // All wait before the first datagram comes.
    yield_now().await;
    let target = receiver.local_addr().unwrap();
    for _ in 0..TASKS {
        sender.send_to(b"hello", &target).await.unwrap();
        let done = timeout(Duration::from_secs(30), tasks.join_next()).await;
        done.unwrap().unwrap().unwrap().unwrap();
    }
}
