//! Proxies as dialers, and in the client.

use std::sync::{Arc, Mutex};

use net::prelude::*;
use net::{Network, Result, net_test};
use net_http::{Client, HttpProxy, Proxies, Server, Socks5};
use tokio::io::copy_bidirectional;

use crate::support::{Outcome, Running, app, read_head};

/// More than the maximum length of a response's head.
static ENDLESS: &[u8] = &[b'x'; 20 << 10];

/// What clients have sent to a proxy.
type Told = Arc<Mutex<Vec<String>>>;

/// Starts a proxy that forwards everything to one address, and records requests.
async fn http_proxy<N: Network + Clone + 'static>(net: &N, to: &str) -> Result<(String, Told)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let told = Told::default();
    let (net, to, tell) = (net.clone(), to.to_owned(), Arc::clone(&told));
    net::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = read_head(&mut stream).await?;
            tell.lock().unwrap().push(head.clone());
            let mut there = net.dial("tcp", &to).await?;
            if head.starts_with("CONNECT ") {
                stream
                    .write_all(b"HTTP/1.1 200 Connected\r\nX: y\r\n\r\n")
                    .await?;
            } else {
                there.write_all(head.as_bytes()).await?;
            }
            net::spawn(async move { copy_bidirectional(&mut stream, &mut there).await });
        }
        std::io::Result::Ok(())
    });
    Ok((address, told))
}

/// Starts a proxy with username/password authentication, which connects to one address.
async fn socks_proxy<N: Network + Clone + 'static>(net: &N, to: &str) -> Result<(String, Told)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let told = Told::default();
    let (net, to, tell) = (net.clone(), to.to_owned(), Arc::clone(&told));
    net::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut greeting = [0; 2];
            stream.read_exact(&mut greeting).await?;
            let mut methods = vec![0; greeting[1].into()];
            stream.read_exact(&mut methods).await?;
            let mut said = String::new();
            if methods.contains(&2) {
                stream.write_all(&[5, 2]).await?;
                stream.read_u8().await?;
                for _ in 0..2 {
                    let mut text = vec![0; stream.read_u8().await?.into()];
                    stream.read_exact(&mut text).await?;
                    said.push_str(&String::from_utf8_lossy(&text));
                    said.push(' ');
                }
                stream.write_all(&[1, 0]).await?;
            } else {
                stream.write_all(&[5, 0]).await?;
            }
            let mut request = [0; 4];
            stream.read_exact(&mut request).await?;
            let length = if request[3] == 1 {
                4
            } else {
                stream.read_u8().await?
            };
            let mut host = vec![0; length.into()];
            stream.read_exact(&mut host).await?;
            let port = stream.read_u16().await?;
            let host = match request[3] {
                1 => format!("{host:?}"),
                _ => String::from_utf8_lossy(&host).into_owned(),
            };
            tell.lock().unwrap().push(format!("{said}{host} {port}"));
            let mut there = net.dial("tcp", &to).await?;
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
            net::spawn(async move { copy_bidirectional(&mut stream, &mut there).await });
        }
        std::io::Result::Ok(())
    });
    Ok((address, told))
}

fn last(told: &Told) -> String {
    told.lock().unwrap().last().cloned().unwrap_or_default()
}

#[net_test(backends(native, memory))]
async fn an_http_proxy_is_a_dialer(net: impl Network + Clone + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let (proxy, told) = http_proxy(&net, &server.address).await?;
    let dialer = HttpProxy::new(net, &proxy).with_basic_auth("me", "secret");
    assert!(!format!("{dialer:?}").contains("c2VjcmV0"), "{dialer:?}");
    // The proxy resolves the name.
    let client = Client::with_dialer(dialer);
    let text = client
        .get("http://origin.test/")
        .send()
        .await?
        .text()
        .await?;
    assert_eq!(text, "Hello, World!");
    assert_eq!(
        last(&told),
        "CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n\
         Proxy-Authorization: Basic bWU6c2VjcmV0\r\n\r\n"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn what_follows_the_answer_of_a_proxy_is_of_the_connection(
    net: impl Network + 'static,
) -> Outcome {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let proxy = listener.local_addr()?.to_string();
    net::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        read_head(&mut stream).await?;
        stream
            .write_all(b"HTTP/1.0 200 OK\r\n\r\nSSH-2.0-test\r\n")
            .await?;
        stream.shutdown().await
    });
    let mut stream = HttpProxy::new(net, proxy).dial("tcp", "[::1]:22").await?;
    let mut banner = String::new();
    stream.read_to_string(&mut banner).await?;
    assert_eq!(banner, "SSH-2.0-test\r\n");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn the_refusal_of_an_http_proxy_is_the_error(net: impl Network + Clone + 'static) -> Outcome {
    for (answer, kind, message) in [
        (
            &b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\n\r\n"[..],
            std::io::ErrorKind::PermissionDenied,
            "407 Proxy Authentication Required",
        ),
        (
            b"HTTP/1.1 502 No\r\n\r\n",
            std::io::ErrorKind::ConnectionRefused,
            "502 Bad Gateway",
        ),
        (
            b"SSH-2.0-x\r\n\r\n",
            std::io::ErrorKind::InvalidData,
            "invalid response: ",
        ),
        (
            b"HTTP/1.1 200 OK\r\n",
            std::io::ErrorKind::UnexpectedEof,
            "end of file",
        ),
        (
            ENDLESS,
            std::io::ErrorKind::InvalidData,
            "the head of the response is too long",
        ),
    ] {
        let (proxy, dialer) = saying(&net, answer).await?;
        let dialer = HttpProxy::new(dialer, &proxy);
        let error = dialer
            .dial("tcp", "origin.test:443")
            .await
            .map(drop)
            .expect_err(message);
        assert_eq!(error.kind(), kind, "{error}");
        let text = error.to_string();
        let expected = format!("dial tcp origin.test:443: HTTP proxy {proxy}: ");
        assert!(
            text.starts_with(&expected) && text.contains(message),
            "{text}"
        );
    }
    let error = HttpProxy::new(net, "x:1")
        .dial("unix", "/x")
        .await
        .map(drop)
        .expect_err("no TCP");
    assert_eq!(error.kind(), std::io::ErrorKind::Unsupported, "{error}");
    Ok(())
}

/// Starts a proxy that sends these bytes; returns a dialer through it.
async fn saying<N: Network + Clone + 'static>(
    net: &N,
    answer: &'static [u8],
) -> Result<(String, N)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    net::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        let mut rest = [0; 64];
        while stream.read(&mut rest).await? > 0 {}
        std::io::Result::Ok(())
    });
    Ok((address, net.clone()))
}

#[net_test(backends(native, memory))]
async fn a_socks_proxy_is_a_dialer_and_looks_names_up(
    net: impl Network + Clone + 'static,
) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let (proxy, told) = socks_proxy(&net, &server.address).await?;
    let plain = Socks5::new(net.clone(), &proxy);
    let known = Socks5::new(net, &proxy).with_password("me", "secret");
    assert!(!format!("{known:?}").contains("secret"), "{known:?}");
    for (client, url, expected) in [
        (
            Client::with_dialer(plain.clone()),
            "http://origin.test/",
            "origin.test 80",
        ),
        (
            Client::with_dialer(plain),
            "http://10.1.2.3:8/",
            "[10, 1, 2, 3] 8",
        ),
        (
            Client::with_dialer(known),
            "http://origin.test/",
            "me secret origin.test 80",
        ),
    ] {
        let text = client.get(url).send().await?.text().await?;
        assert_eq!(text, "Hello, World!");
        assert_eq!(last(&told), expected);
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn the_refusal_of_a_socks_proxy_is_the_error(net: impl Network + Clone + 'static) -> Outcome {
    for (answer, kind, message) in [
        (
            &[5, 0xff][..],
            std::io::ErrorKind::PermissionDenied,
            "the proxy requires other credentials",
        ),
        (
            &[5, 2, 1, 1],
            std::io::ErrorKind::PermissionDenied,
            "wrong user or password",
        ),
        (
            &[5, 0, 5, 2, 0, 1],
            std::io::ErrorKind::PermissionDenied,
            "not allowed by ruleset",
        ),
        (
            &[5, 0, 5, 5, 0, 1],
            std::io::ErrorKind::ConnectionRefused,
            "connection refused",
        ),
        (
            &[5, 0, 5, 0, 0, 9],
            std::io::ErrorKind::InvalidData,
            "unknown address type in the reply",
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            std::io::ErrorKind::InvalidData,
            "SOCKS 5",
        ),
        (
            &[5, 0, 5, 0, 0, 1, 1, 2],
            std::io::ErrorKind::UnexpectedEof,
            "early eof",
        ),
    ] {
        let (proxy, dialer) = saying(&net, answer).await?;
        let dialer = Socks5::new(dialer, &proxy).with_password("me", "secret");
        let error = dialer
            .dial("tcp", "origin.test:443")
            .await
            .map(drop)
            .expect_err(message);
        assert_eq!(error.kind(), kind, "{error}");
        let text = error.to_string();
        let expected = format!("dial tcp origin.test:443: SOCKS proxy {proxy}: ");
        assert!(
            text.starts_with(&expected) && text.contains(message),
            "{text}"
        );
        assert!(!text.contains("secret"), "{text}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn the_proxies_of_a_client_are_asked_as_each_wants(
    net: impl Network + Clone + 'static,
) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let (proxy, told) = http_proxy(&net, &server.address).await?;
    let client = Client::with_dialer(net.clone());
    let by_http = client
        .clone()
        .with_proxies(Proxies::all(&format!("http://me:pw@{proxy}"))?);
    let text = by_http
        .get("http://origin.test/?a")
        .send()
        .await?
        .text()
        .await?;
    assert_eq!(text, "Hello, World!");
    let head = last(&told);
    assert!(
        head.starts_with("GET http://origin.test/?a HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("proxy-authorization: Basic bWU6cHc=\r\n"),
        "{head}"
    );
    assert!(head.contains("host: origin.test\r\n"), "{head}");
    // TLS goes through a tunnel.
    let tls = net_tls::ClientConfig::dangerous(
        &net_tls::Provider::rustcrypto(),
        net_tls::AcceptAnyCertificate,
    )?;
    let by_http = by_http.with_tls(tls);
    let error = by_http
        .get("https://origin.test/")
        .send()
        .await
        .expect_err("no TLS there");
    assert!(error.is_connect(), "{error}");
    assert!(
        last(&told).starts_with("CONNECT origin.test:443 HTTP/1.1\r\n"),
        "{told:?}"
    );
    let (proxy, told) = socks_proxy(&net, &server.address).await?;
    let by_socks = client.with_proxies(Proxies::all(&format!("socks5://me:pw@{proxy}"))?);
    by_socks.get("http://origin.test/").send().await?;
    assert_eq!(last(&told), "me pw origin.test 80");
    Ok(())
}

/// Returns the route of a request with these variables: `direct`, or the proxy's address.
async fn way(variables: &[(&str, &str)], url: &str) -> String {
    #[derive(Debug, Clone, Default)]
    struct Noting(Told);
    #[net_traits::async_trait]
    impl net::Dialer for Noting {
        type Stream = net::BoxStream;
        async fn dial_to(&self, address: net::Address) -> Result<net::BoxStream> {
            self.0.lock().unwrap().push(address.text());
            let error = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            Err(net::Error::new(net::Operation::Dial, error).with_target(&address))
        }
    }
    let proxies = Proxies::from_variables(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    let dialer = Noting::default();
    let client = Client::with_dialer(dialer.clone()).with_proxies(proxies);
    let error = client.get(url).send().await.expect_err("nobody is there");
    match last(&dialer.0) {
        nowhere if nowhere.is_empty() => error.to_string(),
        address if url.contains(address.trim_end_matches(":80")) => "direct".to_owned(),
        address => address,
    }
}

#[net_test(backends(memory))]
async fn the_environment_names_the_proxies(net: impl Network) -> Outcome {
    drop(net);
    let url = "http://origin.test/";
    for (variables, expected) in [
        (&[][..], "direct"),
        (&[("http_proxy", "http://a:1")], "a:1"),
        (&[("HTTP_PROXY", "http://a:1")], "a:1"),
        (
            &[("HTTP_PROXY", "http://a:1"), ("http_proxy", "b:2")],
            "b:2",
        ),
        (&[("ALL_PROXY", "socks5h://a")], "a:1080"),
        (&[("all_proxy", "a:1"), ("HTTP_PROXY", "b")], "b:80"),
        (&[("https_proxy", "a:1")], "direct"),
        // CVE-2016-5385
        (
            &[("HTTP_PROXY", "http://a:1"), ("REQUEST_METHOD", "GET")],
            "direct",
        ),
        (
            &[("http_proxy", "http://a:1"), ("REQUEST_METHOD", "GET")],
            "a:1",
        ),
        (&[("http_proxy", "")], "direct"),
        (
            &[("http_proxy", "ftp://a:1")],
            "GET http://origin.test/: dial tcp origin.test:80: http_proxy: expected a URL that \
             begins with http://, socks5:// or socks5h://",
        ),
    ] {
        assert_eq!(way(variables, url).await, expected, "{variables:?}");
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn no_proxy_says_what_is_reached_directly(net: impl Network + 'static) -> Outcome {
    drop(net);
    for (list, host, direct) in [
        ("", "origin.test", false),
        ("*", "origin.test", true),
        ("origin.test", "origin.test", true),
        ("origin.test", "below.origin.test", true),
        ("origin.test", "notorigin.test", false),
        ("ORIGIN.test", "origin.TEST", true),
        (".origin.test", "origin.test", false),
        (".origin.test", "below.origin.test", true),
        ("*.origin.test", "below.origin.test", true),
        ("a.test, origin.test", "origin.test", true),
        ("origin.test:81", "origin.test", false),
        ("origin.test:80", "origin.test", true),
        ("10.1.2.3", "10.1.2.3", true),
        ("10.0.0.0/8", "10.1.2.3", true),
        ("10.0.0.0/8", "11.1.2.3", false),
        ("0.0.0.0/0", "11.1.2.3", true),
        ("2001:db8::/32", "[2001:db8::1]", true),
        ("2001:db8::1", "[2001:db8::1]", true),
        ("[2001:db8::1]", "[2001:db8::1]", true),
        ("[2001:db8::1]:80", "[2001:db8::1]", true),
        ("[2001:db8::1]:81", "[2001:db8::1]", false),
        ("10.1.2.3:80", "10.1.2.3", true),
        ("10.1.2.3:81", "10.1.2.3", false),
        ("10.0.0.0/99", "10.1.2.3", false),
        ("", "localhost", true),
        ("", "127.0.0.1", true),
        ("", "[::1]", true),
    ] {
        let variables = [("http_proxy", "proxy.example:1"), ("no_proxy", list)];
        let way = way(&variables, &format!("http://{}/", host.to_lowercase())).await;
        assert_eq!(way == "direct", direct, "{list:?} {host}: {way}");
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn a_url_that_names_no_proxy_is_invalid(net: impl Network + 'static) -> Outcome {
    drop(net);
    for url in [
        "http://proxy.example:99999",
        "http://proxy.example:x",
        "http://:3128",
        "ftp://proxy.example",
        "http://%ff@proxy.example",
        "",
    ] {
        let error = Proxies::all(url).expect_err(url);
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    }
    Ok(())
}
