//! Timeouts.

use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_ttrpc::{Client, Code, Request, Server};

use crate::support::{Running, SOON, frame, number, request, text};

const SHORT: Duration = Duration::from_millis(30);

#[net_test(backends(native, memory))]
async fn a_call_ends_in_time(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let request = Request::new(text("never")).with_timeout(SHORT);
    let status = greeter.hello(request).await.expect_err("it never ends");
    assert!(status.is_timeout(), "{status}");
    let patient = Request::new(number(1)).with_timeout(SOON);
    assert_eq!(greeter.sleep(patient).await?, number(1));
    // The method was dropped, too: no call is pending.
    drop(greeter);
    assert_eq!(server.stop().await?, [""; 0]);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn streams_end_in_time(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let hasty = || Request::new(()).with_timeout(SHORT);
    let (names, mut greetings) = greeter.chat(hasty()).await?;
    let status = greetings.message().await.expect_err("nobody says anything");
    assert!(status.is_timeout(), "{status}");
    drop(names);
    let mut numbers = greeter
        .count(Request::new(number(i64::MAX)).with_timeout(SHORT))
        .await?;
    let status = loop {
        match numbers.message().await {
            Ok(number) => assert!(number.is_some(), "it never ends"),
            Err(status) => break status,
        }
    };
    assert!(status.is_timeout(), "{status}");
    Ok(())
}

/// The client does not enforce the timeout here.
#[net_test(backends(native, memory))]
async fn a_server_keeps_to_the_time_of_a_call(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let mut stream = net.dial("tcp", &server.address).await?;
    // Field 4, a number: 1 ns, and a negative timeout.
    let before = [&[0xff; 9][..], &[1]].concat();
    for (id, nanos) in [(1, vec![1]), (3, before)] {
        let never = request("Hello", b"\x0a\x05never");
        let payload = [&never[..], &[4 << 3], &nanos].concat();
        stream.write_all(&frame(id, 1, 0, &payload)).await?;
        let mut header = [0; 10];
        stream.read_exact(&mut header).await?;
        assert_eq!(header[4..9], [0, 0, 0, u8::try_from(id).unwrap(), 2]);
        let mut response = vec![0; usize::from(header[3])];
        stream.read_exact(&mut response).await?;
        // Field 1 is the status, whose field 1 is the code.
        let code = u8::try_from(Code::DeadlineExceeded as i32).unwrap();
        assert_eq!(response[2..4], [1 << 3, code], "{response:?}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_says_nothing_is_given_up(net: impl Network) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let client = Client::connect(&net, "tcp", &address).await?;
    let _silent = listener.accept().await?;
    let request = Request::new(()).with_timeout(SHORT);
    let status = client.unary::<(), ()>("greeter.Greeter", "Hello", request);
    let status = status.await.expect_err("nobody answers");
    assert!(status.is_timeout(), "{status}");
    Ok(())
}
