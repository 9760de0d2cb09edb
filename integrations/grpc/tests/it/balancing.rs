//! Names with several addresses.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use greeter::greeter_client::GreeterClient;
use net::{Family, Network, Resolver, net_test};
use net_grpc::{Backoff, Channel, Server};
use tonic::Code;

use crate::support::{Client, Running, greet};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// A resolver that knows one name.
#[derive(Debug, Clone, Default)]
struct Names(Arc<Mutex<Vec<IpAddr>>>);

impl Names {
    fn set(&self, hosts: &[u8]) {
        let addresses = hosts.iter().map(|&host| [127, 0, 0, host].into());
        *self.0.lock().expect("no panic") = addresses.collect();
    }
}

#[tonic::async_trait]
impl Resolver for Names {
    async fn lookup(&self, name: &str, _family: Family) -> net::Result<Vec<IpAddr>> {
        assert_eq!(name, "greeter.test");
        Ok(self.0.lock().expect("no panic").clone())
    }
}

/// Servers at several addresses, with one port.
struct Servers {
    port: u16,
    running: Vec<Running>,
}

impl Servers {
    async fn start<N: Network>(net: &N, hosts: &[u8]) -> net::Result<Self> {
        let mut servers = Servers {
            port: 0,
            running: Vec::new(),
        };
        for host in hosts {
            let address = format!("127.0.0.{host}:{}", servers.port);
            let server = Running::start_at(net, &address, Server::builder()).await?;
            let (_, port) = server.address.rsplit_once(':').expect("a port");
            servers.port = port.parse().expect("a number");
            servers.running.push(server);
        }
        Ok(servers)
    }

    fn client<N: Network + Clone + 'static>(
        &self,
        net: &N,
        names: &Names,
    ) -> net::Result<Client<N>> {
        let backoff = Backoff::new().with_initial(Duration::from_millis(1));
        let builder = Channel::builder(net.clone())
            .with_resolver(names.clone())
            .with_backoff(backoff.with_max(Duration::from_millis(10)));
        let channel = builder.connect_lazy(&format!("http://greeter.test:{}", self.port))?;
        Ok(GreeterClient::new(channel))
    }

    async fn stop(self) -> net::Result<()> {
        for server in self.running {
            server.stop().await?;
        }
        Ok(())
    }
}

/// Returns how many of a number of calls each server has received.
async fn shares<N: Network + Clone + 'static>(
    client: &mut Client<N>,
    servers: &Servers,
) -> Result<Vec<u64>> {
    for _ in 0..30 {
        greet(client, "Ann").await?;
    }
    Ok(servers
        .running
        .iter()
        .map(|server| server.host.take_count())
        .collect())
}

#[net_test(backends(native, memory))]
async fn calls_go_to_all_addresses_in_turn(net: impl Network + Clone + 'static) -> Result {
    let servers = Servers::start(&net, &[1, 2, 3]).await?;
    let names = Names::default();
    names.set(&[1, 2, 3]);
    let mut client = servers.client(&net, &names)?;
    // The first calls go to the server that is connected first.
    shares(&mut client, &servers).await?;
    assert_eq!(shares(&mut client, &servers).await?, [10, 10, 10]);
    drop(client);
    Ok(servers.stop().await?)
}

#[net_test(backends(native, memory))]
async fn an_address_at_which_nobody_listens_is_passed_over(
    net: impl Network + Clone + 'static,
) -> Result {
    let servers = Servers::start(&net, &[1, 3]).await?;
    let names = Names::default();
    names.set(&[1, 2, 3]);
    let mut client = servers.client(&net, &names)?;
    let shares = shares(&mut client, &servers).await?;
    assert_eq!(shares.iter().sum::<u64>(), 30);
    assert!(shares.iter().all(|&share| share > 5), "{shares:?}");
    drop(client);
    Ok(servers.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_server_that_goes_is_passed_over(net: impl Network + Clone + 'static) -> Result {
    let mut servers = Servers::start(&net, &[1, 2]).await?;
    let names = Names::default();
    names.set(&[1, 2]);
    let mut client = servers.client(&net, &names)?;
    shares(&mut client, &servers).await?;
    let gone = servers.running.pop().expect("two servers");
    gone.stop().await?;
    assert_eq!(shares(&mut client, &servers).await?, [30]);
    drop(client);
    Ok(servers.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_name_is_looked_up_again_when_a_server_has_gone(
    net: impl Network + Clone + 'static,
) -> Result {
    let mut servers = Servers::start(&net, &[1, 2]).await?;
    let names = Names::default();
    names.set(&[1]);
    let mut client = servers.client(&net, &names)?;
    assert_eq!(shares(&mut client, &servers).await?, [30, 0]);
    names.set(&[2]);
    assert_eq!(
        shares(&mut client, &servers).await?,
        [30, 0],
        "there was no reason"
    );
    servers.running.remove(0).stop().await?;
    assert_eq!(shares(&mut client, &servers).await?, [30]);
    drop(client);
    Ok(servers.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_name_without_addresses_is_unavailable(net: impl Network + Clone + 'static) -> Result {
    let servers = Servers::start(&net, &[1]).await?;
    let mut client = servers.client(&net, &Names::default())?;
    let status = greet(&mut client, "Ann").await.expect_err("no address");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(status.message().contains("greeter.test"), "{status:?}");
    drop(client);
    Ok(servers.stop().await?)
}
