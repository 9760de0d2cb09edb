//! Unary calls.

use std::io::ErrorKind;
use std::time::SystemTime;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_ttrpc::{Client, Code, Request, Server};

use crate::support::{DETAIL, Running, number, text};

#[net_test(backends(native, memory))]
async fn a_call_is_answered(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let answer = greeter.hello(text("World")).await?;
    assert_eq!(answer.value, "Hello, World!");
    drop(greeter);
    assert_eq!(server.stop().await?, [""; 0]);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn one_connection_carries_many_calls_at_once(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    // It stays pending.
    let slow = net::spawn({
        let greeter = greeter.clone();
        async move { greeter.hello(text("never")).await }
    });
    let mut calls = Vec::new();
    for i in 0..200 {
        let greeter = greeter.clone();
        calls.push(net::spawn(async move {
            let name = i.to_string();
            let answer = greeter.hello(text(&name)).await?;
            assert_eq!(answer.value, format!("Hello, {name}!"));
            Result::<()>::Ok(())
        }));
    }
    for call in calls {
        call.await??;
    }
    slow.abort();
    Ok(())
}

#[net_test(backends(native, memory))]
async fn messages_are_as_long_as_the_protocol_allows(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let long = "x".repeat((4 << 20) - 100);
    let answer = greeter.hello(text(&long)).await?;
    assert_eq!(answer.value.len(), long.len() + 8);
    // A request that is too long, and one whose response is.
    for name in ["x".repeat(4 << 20), "long".to_owned()] {
        let answer = greeter.hello(text(&name)).await;
        let refused = answer.map(|_| ()).expect_err("too long");
        assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    }
    let answer = greeter.hello(text("World")).await?;
    assert_eq!(answer.value, "Hello, World!");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_failure_has_code_message_and_details(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let status = greeter.fail(number(5)).await.expect_err("as asked for");
    assert_eq!(status.to_string(), "NotFound: as asked for");
    assert_eq!(status.details()[0].type_url, DETAIL);
    assert_eq!(status.details()[0].value, b"\x0a\x015");
    let error = net::Error::from(status);
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn what_does_not_exist_is_unimplemented(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let client = Client::connect(&net, "tcp", &server.address).await?;
    let services = [("greeter.Greeter", "Goodbye"), ("greeter.Nobody", "Hello")];
    for (service, method) in services {
        let refused = client.unary::<(), ()>(service, method, ()).await;
        let refused = refused.expect_err("there is none");
        assert_eq!(refused.code(), Code::Unimplemented, "{refused}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn metadata_goes_along(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let request = Request::new(text("NAME"))
        .with_metadata("Name", "one")
        .with_metadata("name", "two")
        .with_metadata("secret", "other");
    assert!(!format!("{request:?}").contains("other"), "{request:?}");
    assert_eq!(greeter.metadata(request).await?.value, "one,two");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_method_knows_its_peer(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let stream = net.dial("tcp", &server.address).await?;
    let own = stream.local_addr()?.to_string();
    let greeter = ttrpc_greeter::GreeterClient::new(Client::new(stream));
    assert_eq!(greeter.hello(text("who?")).await?.value, own);
    Ok(())
}

#[net_test]
async fn unix_sockets_carry_calls(net: net::Net) -> Result<()> {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let micros = time.expect("it is later").as_micros();
    let path = &format!("/tmp/net-ttrpc-{micros}");
    let listener = match net.listen("unix", path).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            eprintln!("skipped: {error}");
            return Ok(());
        }
        listening => listening?,
    };
    let greeter = ttrpc_greeter::GreeterServer::new(crate::support::Polite);
    let server = Server::new().with_service(greeter);
    let serving = net::spawn(async move { server.serve(listener).await });
    let client = Client::connect(&net, "unix", path).await?;
    let greeter = ttrpc_greeter::GreeterClient::new(client);
    assert_eq!(greeter.hello(text("World")).await?.value, "Hello, World!");
    serving.abort();
    // The listener may have removed the file already.
    let _ = std::fs::remove_file(path);
    Ok(())
}

// A panic ends a guest.
#[cfg(panic = "unwind")]
#[net_test(backends(native, memory))]
async fn a_method_that_panics_fails_its_call_alone(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let greeter = server.client(&net).await?;
    let failed = greeter.hello(text("panic")).await.expect_err("it panics");
    assert_eq!(failed.to_string(), "Internal: the method panicked");
    assert_eq!(greeter.hello(text("World")).await?.value, "Hello, World!");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn calls_beyond_the_limit_are_refused(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new().with_max_calls(1)).await?;
    let greeter = server.client(&net).await?;
    let (mut names, mut greetings) = greeter.chat(()).await?;
    names.send(text("World")).await?;
    greetings.message().await?.expect("a greeting");
    let refused = greeter.hello(text("World")).await.expect_err("no room");
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    names.close().await?;
    assert_eq!(greetings.message().await?, None);
    let answer = greeter.hello(text("World")).await?;
    assert_eq!(answer.value, "Hello, World!");
    Ok(())
}
