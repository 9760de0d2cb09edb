//! axum's server, asked by curl.

use anyhow::{Result, ensure};

use super::{Place, peer, slow_request};

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = place.serve("axum_server", &["127.0.0.1:0"])?;
    let url = |path: &str| format!("{}{path}", server.url());
    let post = ["--silent", "--json", r#"{"text": "buy milk"}"#];
    let said = peer("curl", &[&post[..], &[&url("/notes")]].concat())?;
    ensure!(said == "/notes/1\n", "it answers {said:?}");
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let said = peer("curl", &["--silent", version, &url("/notes/1")])?;
        ensure!(said == r#"{"text":"buy milk"}"#, "it answers {said:?}");
    }
    let load = ["-n", "500", "-c", "10", "-m", "5"];
    let said = peer("h2load", &[&load[..], &[&url("/notes")]].concat())?;
    ensure!(said.contains("500 succeeded, 0 failed"), "{said}");
    let (to, note) = (("/notes", "application/json"), r#"{"text": "go to bed"}"#);
    slow_request::end_during_one(place, server, to, note, "/notes/2")
}
