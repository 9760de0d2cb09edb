//! Prints the DNS records of a name: addresses, mail servers, name servers, texts.
//!
//! ```text
//! cargo run --example lookup -- example.com               # native
//! DNS_SERVER=9.9.9.9 cargo run --example lookup -- example.com
//! net-run --env DNS_SERVER=9.9.9.9 --allow-net=9.9.9.9:53 lookup.wasm example.com
//! ```

use net::{Family, Resolver};

#[net::net_main]
async fn main() -> net::Result<()> {
    let Some(name) = std::env::args().nth(1) else {
        eprintln!("usage: lookup NAME");
        std::process::exit(2);
    };
    let dns = net::dns::resolver();
    for address in dns.lookup(&name, Family::Any).await? {
        println!("address      {address}");
    }
    // In parallel. A missing record is not an error.
    let (mail, servers, texts) = tokio::join!(
        dns.lookup_mx(&name),
        dns.lookup_ns(&name),
        dns.lookup_txt(&name)
    );
    for mx in mail.unwrap_or_default() {
        println!("mail server  {} {}", mx.preference, mx.host);
    }
    for host in servers.unwrap_or_default() {
        println!("name server  {host}");
    }
    for text in texts.unwrap_or_default() {
        println!("text         {text:?}");
    }
    Ok(())
}
