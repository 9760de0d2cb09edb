//! A web crawler: follows links from page to page, several at a time, and prints
//! its progress.
//!
//! ```text
//! cargo run --release --example crawler https://example.com/
//! cargo run --target wasm32-wasip1 --example crawler https://example.com/
//! cargo xtask run wasmedge crawler --pages 50 http://127.0.0.1:3000/
//! ```
//!
//! It stops after `--pages` pages, 20 by default. The exit code is 0 if at least
//! one page was fetched.

use std::collections::{HashSet, VecDeque};
use std::process::ExitCode;
use std::time::Duration;

use axum::http::Uri;
use net::http::{Client, RequestError};
use tokio::task::JoinSet;

/// The number of pages that are fetched at the same time.
const AT_A_TIME: usize = 8;
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer pages are an error.
const MAX_PAGE: usize = 2 << 20;

#[net::net_main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (pages, start) = match &arguments[..] {
        [url] => (Some(20), url),
        [option, pages, url] if option == "--pages" => (pages.parse().ok(), url),
        _ => (None, &String::new()),
    };
    let Some(pages) = pages else {
        eprintln!("usage: crawler [--pages N] URL");
        return ExitCode::FAILURE;
    };
    let client = Client::new().with_timeout(PATIENCE).with_max_body(MAX_PAGE);
    if crawl(&client, start, pages).await == 0 {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Fetches up to `pages` pages, and returns how many it has fetched.
async fn crawl(client: &Client, start: &str, pages: usize) -> usize {
    let mut seen = HashSet::from([start.to_owned()]);
    let mut next = VecDeque::from([start.to_owned()]);
    let mut fetching = JoinSet::new();
    let (mut asked, mut fetched) = (0, 0);
    loop {
        while asked < pages && fetching.len() < AT_A_TIME {
            let Some(url) = next.pop_front() else { break };
            asked += 1;
            fetching.spawn(fetch(client.clone(), url));
        }
        match fetching.join_next().await {
            None => return fetched,
            Some(Ok(Ok(page))) => {
                fetched += 1;
                let (length, count) = (page.length, page.links.len());
                println!(
                    "{fetched}/{asked} {}: {length} bytes, {count} links",
                    page.url
                );
                next.extend(
                    page.links
                        .into_iter()
                        .filter(|link| seen.insert(link.clone())),
                );
            }
            Some(Ok(Err(error))) => println!("{fetched}/{asked} {error}"),
            Some(Err(error)) => println!("{fetched}/{asked} {error}"),
        }
    }
}

struct Page {
    url: Uri,
    length: usize,
    links: Vec<String>,
}

async fn fetch(client: Client, url: String) -> Result<Page, RequestError> {
    let response = client.get(&url).send().await?.error_for_status()?;
    let url = response.url().clone();
    let text = response.text().await?;
    Ok(Page {
        links: links(&url, &text),
        length: text.len(),
        url,
    })
}

/// Returns the targets of a page's `href` attributes: absolute URLs, and paths on
/// the same host.
fn links(page: &Uri, text: &str) -> Vec<String> {
    let hrefs = text.split("href=\"").skip(1);
    let hrefs = hrefs.filter_map(|rest| rest.split(['"', '#']).next());
    let whole = |href: &str| {
        if href.starts_with("http://") || href.starts_with("https://") {
            return Some(href.to_owned());
        }
        let path = href
            .strip_prefix('/')
            .filter(|path| !path.starts_with('/'))?;
        let (scheme, authority) = (page.scheme_str()?, page.authority()?);
        Some(format!("{scheme}://{authority}/{path}"))
    };
    hrefs.filter_map(whole).collect()
}
