//! A proxy before axum's server, asked by curl and crawled.

use anyhow::{Result, ensure};

use super::{Place, output, peer, slow_request};

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let origin = place.serve("axum_server", &["127.0.0.1:0"])?;
    let proxy = place.serve("reverse_proxy", &[origin.url(), "127.0.0.1:0"])?;
    let url = |path: &str| format!("{}{path}", proxy.url());
    let post = ["--silent", "--json", r#"{"text": "by proxy"}"#];
    let said = peer("curl", &[&post[..], &[&url("/notes")]].concat())?;
    ensure!(said == "/notes/1\n", "it answers {said:?}");
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let said = peer("curl", &["--silent", version, &url("/notes/1")])?;
        ensure!(said == r#"{"text":"by proxy"}"#, "it answers {said:?}");
    }
    let load = ["-n", "500", "-c", "10", "-m", "5"];
    let said = peer("h2load", &[&load[..], &[&url("/notes")]].concat())?;
    ensure!(said.contains("500 succeeded, 0 failed"), "{said}");
    let said = output(&mut place.command("crawler", &[&url("/")])?)?;
    ensure!(
        said.starts_with("1/1 ") && said.contains(": 14 bytes, 0 links"),
        "{said:?}"
    );
    let (to, note) = (("/notes", "application/json"), r#"{"text": "good bye"}"#);
    slow_request::end_during_one(place, proxy, to, note, "/notes/2")?;
    place.end(origin)
}
