use std::time::Duration;

use net_traits::{BoxStream, Dialer, KeepAlive, Stream};

use crate::error::{Error, Result};
use crate::timeout::within;
use crate::url::Target;
use crate::wire::Wire;

/// What is missing if [`open`] times out.
pub(crate) const MISSING: &str = "no connection and login";

/// Dials a server and logs in, within `limit`.
pub(crate) async fn open(
    dialer: &dyn Dialer<Stream = BoxStream>,
    target: &Target,
    limit: Duration,
    max_answer_bytes: usize,
) -> Result<Wire> {
    let opening = async {
        let stream = dialer.dial(target.network, &target.address).await;
        let stream = stream.map_err(Error::connect)?;
        // Not every host supports the options, and the connection works without them.
        let _ = stream.set_nodelay(true);
        let _ = stream.set_keepalive(Some(KeepAlive::new()));
        let mut wire = Wire::new(stream, max_answer_bytes);
        target.login.log_in(&mut wire).await?;
        Ok(wire)
    };
    within(limit, MISSING, opening).await
}
