//! Third-party servers and proxies.

use http::{StatusCode, Version};
use net::{Net, net_test};
use net_http::{Client, HttpProxy, Proxies, Server, Socks5};

use crate::support::{Outcome, Running, app};

/// The length of nginx's file `long.txt`.
const LONG: usize = 1 << 20;

#[net_test]
async fn nginx_answers_ranges_redirects_and_compressed(net: Net) -> Outcome {
    let Some(nginx) = net_peers::start("nginx").await else {
        return Ok(());
    };
    let client = Client::with_dialer(net);
    let url = format!("http://{}", nginx.address("http"));
    let response = client.get(format!("{url}/away")).send().await?;
    assert_eq!(response.url().path(), "/hello.txt");
    assert_eq!(response.text().await?, "Hello from nginx!\n");
    let long = client.get(format!("{url}/long.txt")).send().await?;
    // It was compressed: its length is unknown.
    assert_eq!(long.content_length(), None);
    assert_eq!(long.bytes().await?.len(), LONG);
    // There is nothing to decompress.
    let head = client.head(format!("{url}/long.txt")).send().await?;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.bytes().await?.len(), 0);
    let plain = client.clone().with_decompression(false);
    let part = plain
        .get(format!("{url}/long.txt"))
        .header("Range", "bytes=3-5")
        .send()
        .await?;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.text().await?, "345");
    Ok(())
}

#[net_test]
async fn nginx_counts_the_requests_of_a_connection(net: Net) -> Outcome {
    let Some(nginx) = net_peers::start("nginx").await else {
        return Ok(());
    };
    let client = Client::with_dialer(net);
    let url = format!("http://{}/number", nginx.address("http"));
    for number in 1..=200 {
        let text = client.get(&url).send().await?.text().await?;
        assert_eq!(text, number.to_string());
    }
    Ok(())
}

#[net_test]
async fn nginx_speaks_http2_by_tls(net: Net) -> Outcome {
    let Some(nginx) = net_peers::start("nginx").await else {
        return Ok(());
    };
    let client = Client::with_dialer(net).with_tls(crate::client_tls::trusting()?);
    let url = nginx
        .address("https")
        .replace("127.0.0.1", "https://localhost");
    for (client, version) in [
        (client.clone(), Version::HTTP_2),
        (client.with_http1_only(), Version::HTTP_11),
    ] {
        let response = client.get(format!("{url}/long.txt")).send().await?;
        assert_eq!(response.version(), version);
        assert_eq!(response.bytes().await?.len(), LONG);
    }
    Ok(())
}

#[net_test]
async fn a_client_survives_the_crash_and_restart_of_nginx(net: Net) -> Outcome {
    let Some(mut nginx) = net_peers::start("nginx").await else {
        return Ok(());
    };
    let client = Client::with_dialer(net);
    let url = format!("http://{}/hello.txt", nginx.address("http"));
    assert_eq!(
        client.get(&url).send().await?.text().await?,
        "Hello from nginx!\n"
    );
    nginx.kill().await;
    let error = client.get(&url).send().await.expect_err("it is gone");
    assert!(error.is_connect(), "{error}");
    nginx.restart().await;
    assert_eq!(
        client.get(&url).send().await?.text().await?,
        "Hello from nginx!\n"
    );
    Ok(())
}

#[net_test]
async fn nginx_as_a_forward_proxy_takes_whole_urls(net: Net) -> Outcome {
    let Some(nginx) = net_peers::start("nginx").await else {
        return Ok(());
    };
    let server = Running::start(&net, Server::new(), app()).await?;
    let proxies = Proxies::all(nginx.address("forward"))?;
    let client = Client::with_dialer(net).with_proxies(proxies);
    let response = client.get(server.url("/")).send().await?;
    assert!(response.headers()["server"].to_str()?.starts_with("nginx"));
    assert_eq!(response.text().await?, "Hello, World!");
    Ok(())
}

#[net_test]
async fn tinyproxy_connects_who_knows_the_password(net: Net) -> Outcome {
    let Some(proxy) = net_peers::start("tinyproxy").await else {
        return Ok(());
    };
    let server = Running::start(&net, Server::new(), app()).await?;
    let dialer = HttpProxy::new(net.clone(), proxy.address("http"));
    let client = Client::with_dialer(dialer.clone());
    let error = client
        .get(server.url("/"))
        .send()
        .await
        .expect_err("no password");
    assert!(
        error
            .to_string()
            .contains("407 Proxy Authentication Required"),
        "{error}"
    );
    let client = Client::with_dialer(dialer.with_basic_auth("user", "secret"));
    let text = client.get(server.url("/")).send().await?.text().await?;
    assert_eq!(text, "Hello, World!");
    let proxies = Proxies::all(&format!("http://user:secret@{}", proxy.address("http")))?;
    let client = Client::with_dialer(net).with_proxies(proxies);
    let text = client.get(server.url("/")).send().await?.text().await?;
    assert_eq!(text, "Hello, World!");
    Ok(())
}

#[net_test]
async fn microsocks_connects_who_knows_the_password(net: Net) -> Outcome {
    let Some(proxy) = net_peers::start("microsocks").await else {
        return Ok(());
    };
    let server = Running::start(&net, Server::new(), app()).await?;
    let dialer = Socks5::new(net.clone(), proxy.address("socks"));
    let client = Client::with_dialer(dialer.clone().with_password("user", "wrong"));
    let error = client
        .get(server.url("/"))
        .send()
        .await
        .expect_err("no password");
    assert!(
        error.is_connect() && !error.to_string().contains("wrong,"),
        "{error}"
    );
    let client = Client::with_dialer(dialer.with_password("user", "secret"));
    let text = client.get(server.url("/")).send().await?.text().await?;
    assert_eq!(text, "Hello, World!");
    Ok(())
}
