//! Shared setup.

use net::Net;
use net_peers::Server;
use net_postgres::{Client, Config, Connector, Host, Result, SslMode};

/// Starts PostgreSQL. Prints a line and returns `None` if it is not installed.
pub(crate) async fn server() -> Option<Server> {
    net_peers::start("postgres").await
}

/// The configuration of a superuser without TLS.
pub(crate) fn config(server: &Server) -> Config {
    Config::default()
        .with_host(host(server))
        .with_user("postgres")
        .with_password("secret")
        .with_ssl_mode(SslMode::Disable)
}

pub(crate) fn host(server: &Server) -> Host {
    let (host, port) = server.address("tcp").rsplit_once(':').expect("host:port");
    Host::new(host, port.parse().expect("a port"))
}

pub(crate) fn connector() -> Connector {
    Connector::new(Net::default())
}

pub(crate) async fn connect(server: &Server) -> Result<Client> {
    connector().connect(&config(server)).await
}
