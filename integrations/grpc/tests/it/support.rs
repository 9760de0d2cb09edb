//! Shared by the tests.

use std::time::Duration;

use greeter::greeter_client::GreeterClient;
use greeter::greeter_server::GreeterServer;
use greeter::{GreetOftenRequest, GreetRequest};
use net::prelude::*;
use net::{JoinHandle, Network, Result};
use net_grpc::{Channel, Server};
use tokio::sync::oneshot;
use tonic::Status;

use crate::service::Host;

/// A generous bound for what takes no time on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) type Client<N> = GreeterClient<Channel<N>>;

/// A running server, and how to stop it.
pub(crate) struct Running {
    pub(crate) address: String,
    pub(crate) host: Host,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<()>>,
}

impl Running {
    pub(crate) async fn start<N: Network>(net: &N) -> Result<Self> {
        Running::start_at(net, "127.0.0.1:0", Server::builder()).await
    }

    pub(crate) async fn start_at<N: Network>(
        net: &N,
        address: &str,
        server: Server,
    ) -> Result<Self> {
        let host = Host::default();
        let service = GreeterServer::new(host.clone());
        let server = server.add_service(service);
        let listener = net.listen("tcp", address).await?;
        let address = listener.local_addr()?.to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = net::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            server.serve_until(listener, stopped).await
        });
        Ok(Running {
            address,
            host,
            stop,
            serving,
        })
    }

    pub(crate) fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) async fn client<N: Network + Clone + 'static>(&self, net: &N) -> Result<Client<N>> {
        let channel = Channel::builder(net.clone()).connect(&self.uri()).await?;
        Ok(GreeterClient::new(channel))
    }

    /// Stops the server, and waits until it has stopped.
    pub(crate) async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        soon(self.serving).await?
    }
}

/// Waits for what takes no time on an idle machine.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    let done = net::time::timeout(SOON, future).await;
    done.expect("it does not take so long")
}

pub(crate) fn named(name: &str) -> GreetRequest {
    GreetRequest {
        name: name.to_owned(),
    }
}

pub(crate) fn often(name: &str, times: u32) -> GreetOftenRequest {
    GreetOftenRequest {
        name: name.to_owned(),
        times,
    }
}

/// The text that a name is greeted with.
pub(crate) async fn greet<N: Network + Clone + 'static>(
    client: &mut Client<N>,
    name: &str,
) -> Result<String, Status> {
    let reply = soon(client.greet(named(name))).await?;
    Ok(reply.into_inner().text)
}
