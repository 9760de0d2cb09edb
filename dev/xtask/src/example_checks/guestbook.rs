//! The guestbook over PostgreSQL and Redis, signed and read by curl.

use anyhow::{Context, Result, ensure};

use super::{Place, peer};
use crate::peers;

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let (postgres, redis) = (peers::start("postgres")?, peers::start("redis")?);
    let address = postgres.addresses().get("tcp").context("no address")?;
    let database = format!("postgres://postgres@{address}/postgres");
    let address = redis.addresses().get("tcp").context("no address")?;
    let cache = format!("redis://{address}/");
    let serve = || place.serve("guestbook", &[&database, &cache, "127.0.0.1:0"]);

    let server = serve()?;
    let read = |url: &str| peer("curl", &["--silent", "--fail", url]);
    let page = read(server.url())?;
    ensure!(page.contains("<dl>\n</dl>"), "an empty page is {page:?}");
    // What would be a statement, and what would be a script.
    let name = "Ada'); DROP TABLE guestbook; --";
    for message in ["<script>alert(1)</script>", "Hello again & more"] {
        let status = sign(server.url(), name, message)?;
        ensure!(status == "303", "{message:?} is answered with {status}");
    }
    let status = sign(server.url(), name, "")?;
    ensure!(
        status == "422",
        "an empty message is answered with {status}"
    );
    let name = "<dt>Ada&#39;); DROP TABLE guestbook; --</dt>";
    let entries = format!(
        "<dl>\n\
         {name}<dd>Hello again &amp; more</dd>\n\
         {name}<dd>&lt;script&gt;alert(1)&lt;/script&gt;</dd>\n\
         </dl>"
    );
    // The second page is the one that Redis keeps.
    for visit in [2, 3] {
        let page = read(server.url())?;
        let visits = format!("Visits: {visit}<");
        ensure!(page.contains(&entries) && page.contains(&visits), "{page}");
    }
    place.end(server)?;

    let server = serve()?;
    let page = read(server.url())?;
    ensure!(page.contains(&entries), "after a restart: {page}");
    place.end(server)
}

/// Signs, and takes the status of the answer.
fn sign(url: &str, name: &str, message: &str) -> Result<String> {
    let (name, message) = (format!("name={name}"), format!("message={message}"));
    let form = ["--data-urlencode", &name, "--data-urlencode", &message];
    let status = [
        "--silent",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code}",
    ];
    peer(
        "curl",
        &[&status[..], &form, &[&format!("{url}/sign")]].concat(),
    )
}
