//! The key log.

use std::sync::{Arc, Mutex};

use net::{Network, Result, net_test};

use super::support::{client_config, connect, server_config};

#[net_test(backends(native, memory))]
async fn both_ends_log_the_same_secrets(net: impl Network + Clone + 'static) -> Result<()> {
    let logs = [(); 2].map(|()| Arc::new(Mutex::new(Vec::new())));
    let [client, server] = logs
        .clone()
        .map(|log| move |line: &str| log.lock().expect("no panic").push(line.to_owned()));
    let client = client_config().with_key_log(client);
    connect(&net, client, server_config().with_key_log(server)).await?;
    let [mut client, mut server] = logs.map(|log| log.lock().expect("no panic").clone());
    client.sort_unstable();
    server.sort_unstable();
    assert_eq!(client, server);
    // NSS's format: the label, the client's random number, the secret.
    assert!(client.len() >= 4, "{client:?}");
    for line in &client {
        let words: Vec<_> = line.split(' ').collect();
        assert_eq!((words.len(), words[1].len()), (3, 64), "{line}");
        let hex = words[1..].concat();
        assert!(hex.bytes().all(|digit| digit.is_ascii_hexdigit()), "{line}");
    }
    assert!(
        client
            .iter()
            .any(|line| line.starts_with("CLIENT_TRAFFIC_SECRET_0 "))
    );
    Ok(())
}
