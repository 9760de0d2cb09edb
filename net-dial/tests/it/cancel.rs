//! Dropping a dial gives everything up that it had begun.

use std::time::Duration;

use net_time::timeout;
use net_traits::Stream;

use crate::fake::{Answer, Fake, at};

const TIME: Duration = Duration::from_millis(100);

#[tokio::test(start_paused = true)]
async fn dropping_a_dial_drops_the_pending_connect() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::Never);
    let net = fake.net();
    timeout(&fake, TIME, net.dial("tcp", "192.0.2.1:80"))
        .await
        .unwrap_err();
    assert_eq!(
        fake.timed_calls(),
        ["0 connect 192.0.2.1:80", "100 dropped connect 192.0.2.1:80"]
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_a_dial_drops_the_pending_lookup() {
    let fake = Fake::new().name_answer("h.test", Answer::Never, &[]);
    let net = fake.net();
    timeout(&fake, TIME, net.dial("tcp", "h.test:80"))
        .await
        .unwrap_err();
    assert_eq!(
        fake.timed_calls(),
        ["0 lookup h.test", "100 dropped lookup h.test"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_aborted_task_drops_the_pending_connect() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::Never);
    let net = fake.net();
    let task = tokio::spawn(async move { net.dial("tcp", "192.0.2.1:80").await });
    tokio::time::sleep(TIME).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(
        fake.calls(),
        ["connect 192.0.2.1:80", "dropped connect 192.0.2.1:80"]
    );
}

#[tokio::test(start_paused = true)]
async fn dropping_a_listen_drops_the_pending_bind() {
    let fake = Fake::new().answer("127.0.0.1:80", Answer::Never);
    let net = fake.net();
    timeout(&fake, TIME, net.listen("tcp", "127.0.0.1:80"))
        .await
        .unwrap_err();
    assert_eq!(
        fake.calls(),
        ["listen 127.0.0.1:80", "dropped listen 127.0.0.1:80"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_dropped_before_the_error_is_there() {
    let fake = Fake::new().answer("192.0.2.1:80", Answer::Never);
    let net = fake.net().with_timeout(TIME);
    net.dial("tcp", "192.0.2.1:80").await.unwrap_err();
    assert_eq!(fake.calls().last().unwrap(), "dropped connect 192.0.2.1:80");
}

#[tokio::test(start_paused = true)]
async fn nothing_happens_before_the_first_poll() {
    let fake = Fake::new();
    let net = fake.net();
    drop(net.dial("tcp", "192.0.2.1:80"));
    assert!(fake.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_later_does_not_harm_a_connection() {
    let fake = Fake::new();
    let net = fake.net().with_timeout(TIME);
    let stream = net.dial("tcp", "192.0.2.1:80").await.unwrap();
    tokio::time::sleep(10 * TIME).await;
    assert_eq!(stream.peer_addr().unwrap(), at("192.0.2.1:80"));
    assert_eq!(fake.calls(), ["connect 192.0.2.1:80"]);
}
