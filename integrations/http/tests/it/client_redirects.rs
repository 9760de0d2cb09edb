//! Redirects, and the headers that are sent along.

use axum::Router;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get};
use http::header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderMap, Method, StatusCode};
use net::{Network, net_test};
use net_http::{Body, Client, Server};

use crate::support::{Outcome, Running};

/// Formats a request, with its secret headers.
async fn asked(method: Method, headers: HeaderMap, body: String) -> String {
    let secret = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];
    let secret = secret.iter().filter(|name| headers.contains_key(*name));
    let secret: Vec<_> = secret.map(http::HeaderName::as_str).collect();
    let other = headers.contains_key("x-other");
    format!("{method} {body:?} {} {other}", secret.join(","))
}

fn to(status: u16, location: &str) -> impl IntoResponse + use<> {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(LOCATION, location.to_owned())])
}

fn app() -> Router {
    Router::new()
        .route("/asked", any(asked))
        .route("/301", any(|| async { to(301, "/asked") }))
        .route("/302", any(|| async { to(302, "asked") }))
        .route("/303", any(|| async { to(303, "./x/../asked") }))
        .route("/307", any(|| async { to(307, "/asked#part") }))
        .route("/308", any(|| async { to(308, "//elsewhere:1/asked") }))
        .route("/loop", get(|| async { Redirect::to("/loop?again") }))
        .route("/odd", get(|| async { to(302, "ftp://elsewhere/") }))
}

#[net_test(backends(native, memory))]
async fn method_and_body_go_along_where_they_have_to(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net);
    for (path, expected) in [
        ("/301", "GET \"\"  false"),
        ("/302", "GET \"\"  false"),
        ("/303", "GET \"\"  false"),
        ("/307", "POST \"data\"  false"),
    ] {
        let response = client.post(server.url(path)).body("data").send().await?;
        assert_eq!(response.url().path(), "/asked", "{path}");
        assert_eq!(response.text().await?, expected, "{path}");
    }
    // The same holds for the body of an `http::Request`.
    let request = http::Request::post(server.url("/307")).body(Body::from("data"))?;
    assert_eq!(
        client.execute(request).await?.text().await?,
        "POST \"data\"  false"
    );
    let response = client.put(server.url("/301")).body("data").send().await?;
    assert_eq!(response.text().await?, "PUT \"data\"  false");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_body_that_is_gone_ends_the_way(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net);
    let once = Body::from_reader(&b"data"[..]);
    let response = client.post(server.url("/307")).body(once).send().await?;
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn credentials_go_to_the_same_origin_alone(net: impl Network + 'static) -> Outcome {
    let other = Running::start(&net, Server::new(), app()).await?;
    let there = other.url("/asked");
    // From the first to the second, and from there to the same origin.
    let back = other.url("/301");
    let here = app()
        .route("/away", get(|| async move { to(302, &there) }))
        .route("/far", get(|| async move { to(302, &back) }));
    let server = Running::start(&net, Server::new(), here).await?;
    let client = Client::with_dialer(net);
    for (path, expected) in [
        (
            "/301",
            "GET \"\" authorization,cookie,proxy-authorization true",
        ),
        ("/away", "GET \"\"  true"),
        ("/far", "GET \"\"  true"),
    ] {
        let request = client.get(server.url(path)).basic_auth("me", "secret");
        let request = request
            .header("Cookie", "a=b")
            .header("Proxy-Authorization", "x");
        let response = request.header("X-Other", "y").send().await?;
        assert_eq!(response.text().await?, expected, "{path}");
    }
    // The name of a host is another origin than its address.
    let url = server.url("/away").replace("http://", "http://me:secret@");
    assert_eq!(
        client.get(url).send().await?.text().await?,
        "GET \"\"  false"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_loop_is_an_error_that_tells_the_way(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net);
    let error = client
        .get(server.url("/loop"))
        .send()
        .await
        .expect_err("a loop");
    assert!(error.is_redirect(), "{error}");
    let way = vec![server.url("/loop"); 11].join(" -> ");
    let expected = format!("GET {}: more than 10 redirects: {way}", server.url("/loop"));
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn without_redirects_the_answer_is_the_response(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net).with_redirects(0);
    let response = client.get(server.url("/301")).send().await?;
    assert_eq!(response.status(), StatusCode::MOVED_PERMANENTLY);
    assert_eq!(response.headers()[LOCATION], "/asked");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_redirect_to_what_is_not_http_is_an_error(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net);
    let error = client
        .get(server.url("/odd"))
        .send()
        .await
        .expect_err("ftp");
    assert!(
        error
            .to_string()
            .contains("begins with http:// or https://"),
        "{error}"
    );
    let error = client.post(server.url("/308")).body("x").send().await;
    let error = error.expect_err("nobody is called so");
    assert!(
        error
            .to_string()
            .starts_with("POST http://elsewhere:1/asked: "),
        "{error}"
    );
    Ok(())
}
