//! The fetching example, which asks axum's server.

use anyhow::{Result, ensure};

use super::{Place, output};

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = place.serve("axum_server", &["127.0.0.1:0"])?;
    let url = format!("{}/", server.url());
    for args in [&[url.as_str()][..], &["--http2", &url]] {
        let said = output(&mut place.command("https_get", args)?)?;
        ensure!(said == "Hello, World!\n", "it prints {said:?}");
    }
    let missing = format!("{}/missing", server.url());
    let error = output(&mut place.command("https_get", &[&missing])?);
    let error = error
        .err()
        .map_or_else(String::new, |error| format!("{error:#}"));
    ensure!(
        error.contains(&format!("GET {missing}: 404 Not Found")),
        "it says {error:?}"
    );
    Ok(())
}
