//! Turns a stream into a session: the server's greeting, TLS, and the login.

use mysql_common::constants::{CapabilityFlags, Command};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{
    AuthPlugin, ComChangeUser, ComChangeUserMoreData, HandshakePacket, HandshakeResponse,
};
use mysql_common::proto::MySerialize;
use net_traits::BoxStream;

use crate::auth::Login;
use crate::wire::Wire;
use crate::{Error, Opts, Result, response};

/// The capabilities that a server must have: all do since MySQL 5.5.7.
const NEEDED: CapabilityFlags = CapabilityFlags::CLIENT_PROTOCOL_41
    .union(CapabilityFlags::CLIENT_SECURE_CONNECTION)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH);

/// What we use where the server does.
const ZSTD: CapabilityFlags = CapabilityFlags::CLIENT_ZSTD_COMPRESSION_ALGORITHM;
/// The capabilities to use if the server has them.
const WANTED: CapabilityFlags = CapabilityFlags::CLIENT_LONG_PASSWORD
    .union(CapabilityFlags::CLIENT_LONG_FLAG)
    .union(CapabilityFlags::CLIENT_TRANSACTIONS)
    .union(CapabilityFlags::CLIENT_MULTI_STATEMENTS)
    .union(CapabilityFlags::CLIENT_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_PS_MULTI_RESULTS)
    .union(CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA)
    .union(CapabilityFlags::CLIENT_DEPRECATE_EOF);

/// `utf8mb4_general_ci`, which every server supports.
const UTF8MB4: u16 = 45;
/// The distance from the end of the server's version to the length of the scramble.
const SCRAMBLE_LENGTH_AT: usize = 20;

/// What the server's greeting says, and what was negotiated.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) version: String,
    pub(crate) id: u32,
    pub(crate) capabilities: CapabilityFlags,
    pub(crate) plugin: Option<AuthPlugin<'static>>,
    pub(crate) scramble: Vec<u8>,
    pub(crate) encrypted: bool,
}

/// Logs in on a new connection.
pub(crate) async fn log_in(stream: BoxStream, opts: &Opts) -> Result<(Wire, Server)> {
    let mut wire = Wire::new(stream, opts.max_packet);
    let mut server = greeting(wire.next().await?)?;
    server.capabilities = agree(server.capabilities, opts)?;
    (wire, server.encrypted) = encrypt(wire, opts, server.capabilities).await?;

    let begun = Login::begin(
        opts,
        server.encrypted,
        server.plugin.as_ref(),
        server.scramble.clone(),
    );
    let (mut login, answer) = begun?;
    let response = HandshakeResponse::new(
        Some(answer),
        // Newer than the versions that lack utf8mb4.
        (8, 0, 0),
        Some(opts.user.as_bytes()),
        opts.database.as_deref().map(str::as_bytes),
        Some(login.plugin()),
        server.capabilities,
        None,
        max_packet(opts),
    );
    let mut payload = Vec::new();
    response.serialize(&mut payload);
    #[cfg(feature = "zstd")]
    if server.capabilities.contains(ZSTD) {
        payload.push(crate::zstd::LEVEL);
    }
    wire.send(&payload).await?;
    prove(&mut wire, &mut login, server.capabilities).await?;

    if server
        .capabilities
        .contains(CapabilityFlags::CLIENT_COMPRESS)
    {
        wire.compress(opts.compression.zlib);
    }
    #[cfg(feature = "zstd")]
    if server.capabilities.contains(ZSTD) {
        wire.compress_by_zstd();
    }
    Ok((wire, server))
}

/// Logs in again on a connection.
pub(crate) async fn change_user(wire: &mut Wire, server: &Server, opts: &Opts) -> Result<()> {
    let begun = Login::begin(
        opts,
        server.encrypted,
        server.plugin.as_ref(),
        server.scramble.clone(),
    );
    let (mut login, answer) = begun?;
    let more = ComChangeUserMoreData::new(UTF8MB4).with_auth_plugin(Some(login.plugin()));
    let request = ComChangeUser::new()
        .with_user(Some(opts.user.as_bytes()))
        .with_database(opts.database.as_deref().map(str::as_bytes))
        .with_auth_plugin_data(Some(answer))
        .with_more_data(Some(more));
    let mut payload = Vec::new();
    request.serialize(&mut payload);
    debug_assert_eq!(payload.first(), Some(&(Command::COM_CHANGE_USER as u8)));
    wire.begin_command();
    wire.send(&payload).await?;
    prove(wire, &mut login, server.capabilities).await
}

/// Responds to the server until it accepts or rejects the login.
async fn prove(
    wire: &mut Wire,
    login: &mut Login<'_>,
    capabilities: CapabilityFlags,
) -> Result<()> {
    loop {
        let packet = wire.next().await?;
        match packet.first() {
            Some(0x00) => return response::ok(packet, capabilities).map(drop),
            Some(0xff) => return Err(response::refusal(packet, capabilities)),
            _ => {}
        }
        if let Some(answer) = login.answer(packet)? {
            wire.send(&answer).await?;
        }
    }
}

/// Parses the first packet of a server.
fn greeting(packet: &[u8]) -> Result<Server> {
    if packet.first() == Some(&0xff) {
        // For example, the server has too many connections. It does not know the client's
        // capabilities yet, so the packet has the oldest form.
        return Err(response::refusal(packet, CapabilityFlags::empty()));
    }
    // `mysql_common` computes with this length, and overflows if it is too large.
    let version_end = packet.iter().skip(1).position(|&byte| byte == 0);
    let scramble_length = version_end.and_then(|end| packet.get(end + 2 + SCRAMBLE_LENGTH_AT));
    if scramble_length.is_none_or(|&length| length > 127) {
        return Err(Error::protocol("malformed greeting"));
    }
    let packet: HandshakePacket<'_> = ParseBuf(packet)
        .parse(())
        .map_err(Error::malformed("greeting"))?;
    if packet.protocol_version() != 10 {
        let version = packet.protocol_version();
        return Err(Error::protocol(format!(
            "unsupported protocol version {version}"
        )));
    }
    Ok(Server {
        version: version(&packet.server_version_str()).to_owned(),
        id: packet.connection_id(),
        capabilities: packet.capabilities(),
        plugin: packet.auth_plugin().map(AuthPlugin::into_owned),
        scramble: packet.nonce(),
        encrypted: false,
    })
}

/// Returns the server's version without the prefix that MariaDB puts before its own, which old
/// replicas need.
fn version(reported: &str) -> &str {
    match reported.strip_prefix("5.5.5-") {
        Some(version) if version.contains("MariaDB") => version,
        _ => reported,
    }
}

/// Returns the capabilities that both sides support.
fn agree(theirs: CapabilityFlags, opts: &Opts) -> Result<CapabilityFlags> {
    if !theirs.contains(NEEDED) {
        return Err(Error::protocol("the server is older than MySQL 5.5.7"));
    }
    let mut ours = NEEDED | WANTED;
    ours.set(CapabilityFlags::CLIENT_FOUND_ROWS, opts.found_rows);
    ours.set(
        CapabilityFlags::CLIENT_LOCAL_FILES,
        opts.local_infile.is_some(),
    );
    let zstd = opts.compression.zstd && theirs.contains(ZSTD);
    ours.set(ZSTD, zstd);
    ours.set(
        CapabilityFlags::CLIENT_COMPRESS,
        !zstd && opts.compression.zlib > 0,
    );
    // MariaDB does not set this bit, to identify itself, but accepts it.
    Ok(ours & (theirs | CapabilityFlags::CLIENT_LONG_PASSWORD) | connects_encrypted(theirs, opts)?)
}

#[cfg(feature = "tls")]
fn connects_encrypted(theirs: CapabilityFlags, opts: &Opts) -> Result<CapabilityFlags> {
    match opts.tls {
        None => Ok(CapabilityFlags::empty()),
        Some(_) if theirs.contains(CapabilityFlags::CLIENT_SSL) => Ok(CapabilityFlags::CLIENT_SSL),
        Some(_) => Err(Error::protocol("the server does not offer TLS")),
    }
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "fallible with the feature `tls`")]
fn connects_encrypted(_theirs: CapabilityFlags, _opts: &Opts) -> Result<CapabilityFlags> {
    Ok(CapabilityFlags::empty())
}

/// Starts TLS if it is configured. Returns whether it is.
#[cfg(feature = "tls")]
async fn encrypt(
    mut wire: Wire,
    opts: &Opts,
    capabilities: CapabilityFlags,
) -> Result<(Wire, bool)> {
    let Some(tls) = &opts.tls else {
        return Ok((wire, false));
    };
    let charset = u8::try_from(UTF8MB4).unwrap_or_default();
    let request = mysql_common::packets::SslRequest::new(capabilities, max_packet(opts), charset);
    let mut payload = Vec::new();
    request.serialize(&mut payload);
    wire.send(&payload).await?;
    Ok((wire.encrypt(tls, &opts.address.server_name()?).await?, true))
}

#[cfg(not(feature = "tls"))]
#[expect(clippy::unused_async, reason = "asynchronous with the feature `tls`")]
async fn encrypt(wire: Wire, _: &Opts, _: CapabilityFlags) -> Result<(Wire, bool)> {
    Ok((wire, false))
}

fn max_packet(opts: &Opts) -> u32 {
    u32::try_from(opts.max_packet).unwrap_or(u32::MAX)
}
