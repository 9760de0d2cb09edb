//! Listeners that were opened for the program.

use net::prelude::*;
use net::{Inherited, Net, Result};

use crate::support::{pair_on, round_trip, run};

/// How many whoever runs this test has opened.
fn expected() -> usize {
    let variable = std::env::var("NET_TEST_LISTENERS").unwrap_or_default();
    variable.parse().unwrap_or(0)
}

#[test]
fn inherited_listeners_take_connections_and_are_taken_once() -> Result<()> {
    run(async {
        // In the same process other tests open sockets meanwhile: none is taken for inherited.
        let (own, _) = crate::support::listen().await?;
        let net = Net::default();
        let inherited = net.inherited()?;
        assert_eq!(inherited.len(), expected(), "on {}", net.host());
        let listeners: Vec<_> = inherited
            .into_iter()
            .filter_map(Inherited::into_listener)
            .collect();
        assert_eq!(listeners.len(), expected());
        for listener in &listeners {
            let address = listener.local_addr()?.to_string();
            let (mut dialed, mut accepted) = pair_on(listener, &address).await?;
            round_trip(&mut dialed, &mut accepted).await?;
        }
        assert_eq!(net.inherited()?.len(), 0);
        drop(listeners);
        assert_eq!(net.inherited()?.len(), 0);
        drop(own);
        Ok(())
    })
}
