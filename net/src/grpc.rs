//! gRPC over any dialer and listener, for tonic's generated code.
//!
//! ```no_run
//! # use greeter::{GreetRequest, greeter_client::GreeterClient};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = net::grpc::Channel::connect("http://[::1]:50051").await?;
//! let mut client = GreeterClient::new(channel);
//! let request = GreetRequest { name: "Ann".to_owned() };
//! println!("{}", client.greet(request).await?.into_inner().text);
//! # Ok(())
//! # }
//! ```

pub use net_grpc::Channel as ChannelOver;
pub use net_grpc::{Backoff, Builder, PeerAddr, Server, WaitForReady};

/// A channel over the network of the target; [`ChannelOver`] takes any dialer.
pub type Channel = ChannelOver<crate::Net>;
