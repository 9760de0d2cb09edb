//! URLs, users and passwords.

use net::{Net, Network, Result, net_test};
use net_redis::redis::{Cmd, cmd};
use net_redis::{Client, ErrorKind};

use crate::support::{Act, PROTOCOLS, Scripted, client_of, redis, say, trust};

/// The commands of a login.
async fn first_words<N: Network + Clone + 'static>(
    net: &N,
    parts: [&str; 2],
) -> Result<Vec<String>> {
    let (told, words) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let server = Scripted::start(net, move |heard| {
        let _ = told.lock().unwrap().send(heard.words.join(" "));
        say("+OK\r\n")
    })
    .await?;
    let address = server.url.trim_start_matches("redis://");
    let address = address.trim_end_matches('/');
    let [before, after] = parts;
    let client = Client::new(net.clone(), &format!("redis://{before}{address}{after}"))?;
    client.connect().await?;
    Ok(words.try_iter().collect())
}

#[net_test(backends(native, memory))]
async fn a_url_says_how_to_log_in(net: impl Network + Clone + 'static) -> Result<()> {
    let cases = [
        (["", ""], "PING"),
        (["", "/0"], "PING"),
        (["", "/7"], "SELECT 7"),
        (["", "?db=7"], "SELECT 7"),
        ([":p%40ss@", ""], "AUTH p@ss"),
        (["alice:a%20b@", "/1"], "AUTH alice a b, SELECT 1"),
        (["", "?client_name=worker"], "CLIENT SETNAME worker"),
        (["", "?protocol=resp3"], "HELLO 3"),
        ([":x@", "?protocol=resp3"], "HELLO 3 AUTH default x"),
        (
            ["a:x@", "/2?protocol=3&client_name=n"],
            "HELLO 3 AUTH a x, CLIENT SETNAME n, SELECT 2",
        ),
    ];
    for (parts, expected) in cases {
        let words = first_words(&net, parts).await?;
        assert_eq!(words.join(", "), expected, "{parts:?}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_invalid_url_is_an_error_that_does_not_contain_it(net: impl Network + Clone + 'static) {
    let urls = [
        "",
        "localhost",
        "http://:secret@localhost/",
        "redis://:secret@localhost/one",
        "redis://:secret@localhost/-1",
        "redis://:secret@localhost:99999/",
        "redis://:secret@localhost/?protocol=4",
        "redis://:secret@localhost/?prtocol=resp3",
        "redis://:secret@localhost/#insecure",
        "redis://:secret%ff@localhost/",
        "redis+unix://?pass=secret",
    ];
    for url in urls {
        let error = Client::new(net.clone(), url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        assert!(!error.to_string().contains("secret"), "{url}: {error}");
    }
}

/// Old servers quote unknown commands with their arguments.
#[net_test(backends(native, memory))]
async fn a_password_that_the_server_quotes_is_not_repeated(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, |heard| {
        let quoted = heard.words.join("` `");
        Act::SayAndClose(format!("-ERR unknown command `{quoted}`\r\n").into_bytes())
    })
    .await?;
    for query in ["", "?protocol=resp3"] {
        let url = server.url.replace("redis://", "redis://alice:hunter2@") + query;
        let client = Client::new(net.clone(), &url)?;
        let error = client.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Login);
        let said = format!("{error} {error:?} {error:#?} {client:?}");
        assert!(said.contains("ERR") && !said.contains("hunter2"), "{said}");
    }
    Ok(())
}

#[net_test]
async fn the_server_knows_the_client_by_its_login(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let address = server.address("tcp");
        let url =
            format!("redis://alice:a%20secret@{address}/3?protocol={protocol}&client_name=worker");
        let redis = Client::new(net.clone(), &url)?.connect().await?;
        let who: String = redis.query(cmd("ACL").arg("WHOAMI")).await?;
        assert_eq!(who, "alice");
        let about: String = redis.query(cmd("CLIENT").arg("INFO")).await?;
        assert!(about.contains(" name=worker "), "{about}");
        assert!(about.contains(" db=3 "), "{about}");
        let resp = protocol.trim_start_matches("resp");
        assert!(about.contains(&format!(" resp={resp}")), "{about}");
        let client = client_of(&net, &server, protocol)?.with_login("alice", "wrong");
        let error = client.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Login);
        let said = error.to_string();
        assert!(
            said.contains("WRONGPASS") && !said.contains("wrong"),
            "{said}"
        );
    }
    Ok(())
}

#[net_test]
async fn a_password_without_a_user_is_enough(net: Net) -> Result<()> {
    let Some(server) = net_peers::start("redis-password").await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let client = client_of(&net, &server, protocol)?;
        let error = client.connect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Login);
        assert!(error.to_string().contains("NOAUTH"), "{error}");
        let redis = client.with_login("", "a secret").connect().await?;
        redis.exec(&Cmd::set("key", 1)).await?;
    }
    Ok(())
}

#[net_test]
async fn redis_over_tls(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let url = format!("rediss://{}/", server.address("tls"));
    let client = Client::new(net, &url)?;
    let error = client.connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let redis = client.with_tls(trust()?).connect().await?;
    let long = "x".repeat(100_000);
    redis.exec(&Cmd::set("key", &long)).await?;
    let got: String = redis.query(&Cmd::get("key")).await?;
    assert!(got == long);
    Ok(())
}

#[net_test]
async fn the_facade_trusts_whom_the_target_trusts(_net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let url = format!("rediss://{}/", server.address("tls"));
    // It does not know the authority of the tests, and must not trust it.
    let one = net::redis::Client::open(&url)?.connect().await;
    let cluster = net::redis::ClusterClient::open([&url])?.connect().await;
    let sentinel = net::redis::Client::sentinel([&url], "mymaster")?;
    for error in [
        one.unwrap_err(),
        cluster.unwrap_err(),
        sentinel.connect().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    Ok(())
}

#[net_test]
async fn redis_over_a_unix_socket(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let url = format!(
        "redis+unix://{}?db=2&user=alice&pass=a%20secret",
        server.address("unix")
    );
    let client = Client::new(net, &url)?;
    let redis = match client.connect().await {
        Err(error)
            if std::io::Error::from(error.clone()).kind() == std::io::ErrorKind::Unsupported =>
        {
            eprintln!("skipped: {error}");
            return Ok(());
        }
        connected => connected?,
    };
    let about: String = redis.query(cmd("CLIENT").arg("INFO")).await?;
    assert!(
        about.contains(" db=2 ") && about.contains(" user=alice "),
        "{about}"
    );
    Ok(())
}
