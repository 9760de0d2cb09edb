//! The greeter, asked by its own client and by grpcurl.

use anyhow::{Context, Result, ensure};

use super::{Place, output, peer};

const GREETINGS: &str = "\
Hello, Ann!
Hello, Bob!
Hello, everyone!
Hello, everyone!
Hello, Ann and Bob!
Hello, Ann!
Hello, Bob!
";

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = place.serve("grpc_greeter", &["serve", "127.0.0.1:0"])?;
    let address = server.url().strip_prefix("http://").context("a URL")?;
    let greet = ["greet", "--at", address, "Ann", "Bob"];
    let said = output(&mut place.command("grpc_greeter", &greet)?)?;
    ensure!(said == GREETINGS, "the client prints {said:?}");
    let services = peer("grpcurl", &["-plaintext", address, "list"])?;
    ensure!(
        services.contains("greeter.v1.Greeter"),
        "grpcurl finds {services:?}"
    );
    let ask = ["-plaintext", "-d", r#"{"name": "Ann"}"#, address];
    let said = peer(
        "grpcurl",
        &[&ask[..], &["greeter.v1.Greeter/Greet"]].concat(),
    )?;
    ensure!(said.contains("Hello, Ann!"), "grpcurl is told {said:?}");
    place.end(server)
}
