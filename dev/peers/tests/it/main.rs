//! Programs are started, natively and for guests, and end with their tests.

use net::prelude::*;
use net::{Result, net_test};

#[net_test]
async fn a_client_program_is_run_to_its_end() {
    let Some(curl) = net_peers::run("curl", &["--version"]).await else {
        return;
    };
    assert_eq!(curl.status, 0, "{}", curl.stderr);
    assert!(curl.stdout.starts_with("curl "), "{}", curl.stdout);
}

#[net_test]
async fn a_failure_of_a_client_program_is_told() {
    let Some(curl) = net_peers::run("curl", &["--no-such-option"]).await else {
        return;
    };
    assert_ne!(curl.status, 0);
    assert!(curl.stderr.contains("no-such-option"), "{}", curl.stderr);
}

async fn ask(address: &str, question: &[u8]) -> Result<String> {
    let mut stream = net::dial("tcp", address).await?;
    stream.write_all(question).await?;
    stream.write_all(b"quit\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[net_test]
async fn a_server_is_started_killed_and_started_again() -> Result<()> {
    let Some(mut server) = net_peers::start("memcached").await else {
        return Ok(());
    };
    let address = server.address("tcp").to_owned();
    let stored = ask(&address, b"set key 0 0 5\r\nvalue\r\n").await?;
    assert_eq!(stored, "STORED\r\n");
    server.kill().await;
    assert!(ask(&address, b"get key\r\n").await.is_err());
    server.restart().await;
    assert_eq!(ask(&address, b"get key\r\n").await?, "END\r\n");
    Ok(())
}

#[net_test]
async fn a_server_ends_with_its_test() {
    let Some(server) = net_peers::start("memcached").await else {
        return;
    };
    let address = server.address("tcp").to_owned();
    drop(server);
    // It is ended by another process, which may need a moment.
    for _ in 0..1000 {
        if net::dial("tcp", &address).await.is_err() {
            return;
        }
        net::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it still runs");
}
