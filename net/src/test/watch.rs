//! Ends tests that hang.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
#[cfg(feature = "memory")]
use std::time::Duration;

use super::{Test, hang};
use crate::backend;

/// Runs a test, and panics at its time limit.
pub(super) async fn watch<F: Future>(test: Test, body: F) -> F::Output {
    let alarm = backend::alarm(test.timeout, move || stuck(test));
    until(test, body, alarm, &late(test)).await
}

/// Runs a test on a paused clock, and also panics when it can never go on: only then
/// does the clock reach the last timer.
#[cfg(feature = "memory")]
pub(super) async fn watch_paused<F: Future>(test: Test, body: F) -> F::Output {
    const LAST_TIMER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    let idle = tokio::time::sleep(LAST_TIMER);
    let why = "waits for what nothing can bring any more";
    let body = async {
        let alarm = backend::alarm_beside_paused_clock(test.timeout, move || stuck(test));
        until(test, body, alarm, &late(test)).await
    };
    until(test, body, idle, why).await
}

fn late(test: Test) -> String {
    format!("is not done after {:?}", test.timeout)
}

async fn until<F: Future>(
    test: Test,
    body: F,
    end: impl Future<Output = ()>,
    why: &str,
) -> F::Output {
    let mut body = pin!(body);
    let mut end = pin!(end);
    std::future::poll_fn(|cx: &mut Context<'_>| {
        if let Poll::Ready(output) = body.as_mut().poll(cx) {
            return Poll::Ready(output);
        }
        end.as_mut()
            .poll(cx)
            .map(|()| panic!("{}", message(test, why, body.as_mut())))
    })
    .await
}

fn message<F: Future>(test: Test, why: &str, body: Pin<&mut F>) -> String {
    let mut message = format!("the test `{}` {why}", test.name);
    for place in hang::places(body) {
        message.push_str("\n  it waits at");
        for function in place {
            let _ = write!(message, "\n    {function}");
        }
    }
    message
}

/// Ends the process: a test that never awaits cannot be failed otherwise.
fn stuck(test: Test) {
    use std::io::Write as _;
    // Not a macro, whose output the test harness captures.
    let _ = writeln!(
        std::io::stderr(),
        "the test `{}` is not done after {:?}, and is stuck in code that does not await",
        test.name,
        test.timeout
    );
    std::process::exit(101);
}
