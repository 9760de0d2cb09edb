//! Origins.

use http::HeaderValue;
use http::header::ORIGIN;
use net::{Network, Result, net_test};
use net_websocket::{Client, Reason, WebSocketUpgrade};

use crate::support::{Running, echo};

/// Returns whether pages of these origins may connect to a server.
async fn allowed<N: Network + Clone + 'static, const COUNT: usize>(
    net: &N,
    set: impl Fn(WebSocketUpgrade) -> WebSocketUpgrade + Clone + Send + Sync + 'static,
    origins: [&str; COUNT],
) -> Result<[bool; COUNT]> {
    let server = Running::serving(net, set, echo).await?;
    let mut allowed = [true; COUNT];
    for (origin, allowed) in origins.into_iter().zip(&mut allowed) {
        let origin = origin.replace("SELF", &server.address);
        let value = HeaderValue::try_from(origin).expect("a header's value");
        let client = Client::with_dialer(net.clone()).with_header(ORIGIN, value);
        if let Err(error) = client.connect(&server.url()).await {
            let Reason::Refused(response) = error.reason() else {
                panic!("{error:#?}");
            };
            assert_eq!(response.status(), 403);
            *allowed = false;
        }
    }
    server.stop().await?;
    Ok(allowed)
}

#[net_test(backends(native, memory))]
async fn pages_of_other_sites_are_refused_unless_allowed(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let origins = [
        "http://SELF",
        "https://SELF",
        "http://example.com",
        "https://SELF.example.com",
        "null",
    ];
    let same = allowed(&net, |upgrade| upgrade, origins).await?;
    assert_eq!(same, [true, true, false, false, false]);
    let named = |upgrade: WebSocketUpgrade| upgrade.with_origins(["http://example.com"]);
    let named = allowed(&net, named, origins).await?;
    assert_eq!(named, [false, false, true, false, false]);
    let any = allowed(&net, WebSocketUpgrade::with_any_origin, origins).await?;
    assert_eq!(any, [true; 5]);
    Ok(())
}
