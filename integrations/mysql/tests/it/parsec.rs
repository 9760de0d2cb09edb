//! The authentication method `parsec` of MariaDB 11.6 and later, as verified by its server.

use ed25519_dalek::{Signature, VerifyingKey};
use net::{Network, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Result};

use crate::scripted::{CAPABILITIES, OK, Peer, against, greeting};

const SCRAMBLE: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";

/// MariaDB's documentation has this password, and what its server keeps of it:
/// `P0:lhXyNv1cIxpB8EnTxR7ON7S7:1l3rWRW1/jw45yrvYXB8eh02wzk7lcJcz4CMcWw2b+8`.
const PASSWORD: &str = "MyPassword123!";

/// The method, the number of iterations, the salt.
const ACCOUNT: &[u8; 20] =
    b"P\0\x96\x15\xf2\x36\xfd\x5c\x23\x1a\x41\xf0\x49\xd3\xc5\x1e\xce\x37\xb4\xbb";
const PUBLIC_KEY: [u8; 32] = [
    0xd6, 0x5d, 0xeb, 0x59, 0x15, 0xb5, 0xfe, 0x3c, 0x38, 0xe7, 0x2a, 0xef, 0x61, 0x70, 0x7c, 0x7a,
    0x1d, 0x36, 0xc3, 0x39, 0x3b, 0x95, 0xc2, 0x5c, 0xcf, 0x80, 0x8c, 0x71, 0x6c, 0x36, 0x6f, 0xef,
];

/// Returns whether a response proves knowledge of the password.
fn proves(answer: &[u8]) -> bool {
    let (nonce, signature) = answer.split_at(32);
    let signed = [&SCRAMBLE[..], nonce].concat();
    let key = VerifyingKey::from_bytes(&PUBLIC_KEY).expect("a key");
    let signature = Signature::from_slice(signature).expect("64 bytes");
    key.verify_strict(&signed, &signature).is_ok()
}

/// Logs in with a password to a server with these account data.
async fn log_in<N: Network>(net: &N, password: &str, account: &[u8]) -> Result<()> {
    let script = async |mut peer: Peer<N::Stream>| {
        peer.send(&greeting(CAPABILITIES, "mysql_native_password"))
            .await;
        peer.receive().await;
        peer.send(&[b"\xfeparsec\0", &SCRAMBLE[..]].concat()).await;
        assert_eq!(peer.receive().await.as_deref(), Some(&[][..]));
        peer.send(account).await;
        let Some(answer) = peer.receive().await else {
            return;
        };
        if !proves(&answer) {
            peer.send(b"\xff\x15\x04#28000Access denied").await;
            return;
        }
        peer.send(OK).await;
        peer.receive().await;
        peer.send(OK).await;
    };
    against(net, script, async |opts: Opts| {
        let mut conn = Conn::connect(net, opts.with_password(password)).await?;
        conn.ping().await
    })
    .await
}

#[net_test(backends(memory))]
async fn a_password_is_sent_as_mariadb_expects_it(net: impl Network) -> Result<()> {
    log_in(&net, PASSWORD, ACCOUNT).await?;
    for wrong in ["MyPassword123", ""] {
        let error = log_in(&net, wrong, ACCOUNT).await.unwrap_err();
        let code = error.server().map(|error| error.code);
        assert_eq!(code, Some(1045), "{error}");
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn an_invalid_or_too_expensive_account_is_an_error(net: impl Network) -> Result<()> {
    let (mut other, mut costly) = (*ACCOUNT, *ACCOUNT);
    other[0] = b'Q';
    costly[1] = 4;
    for account in [&other[..], &costly, &ACCOUNT[..19], b"P", b"x"] {
        let error = log_in(&net, PASSWORD, account).await.unwrap_err();
        let kind = error.kind();
        assert_eq!(kind, std::io::ErrorKind::InvalidData, "{error}");
        assert!(!error.to_string().contains(PASSWORD), "{error}");
    }
    Ok(())
}
