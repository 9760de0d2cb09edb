//! Hostile servers during the login.

use std::io::ErrorKind;
use std::time::Duration;

use net::{Network, net_test};
use net_mysql::{Conn, Error, Opts, Result};

use crate::scripted::{CAPABILITIES, OK, Peer, SCRAMBLE, against, greeting, header};

const PASSWORD: &str = "correct horse";

/// Logs in to a server that sends these packets.
async fn logged_in<N: Network>(net: &N, packets: &[Vec<u8>]) -> Result<Error> {
    let script = async |mut peer: Peer<N::Stream>| {
        for packet in packets {
            peer.send(packet).await;
            if let Some(answer) = peer.receive().await {
                let told = String::from_utf8_lossy(&answer).into_owned();
                assert!(!told.contains(PASSWORD), "it gives the password away");
            }
        }
    };
    against(net, script, async |opts: Opts| {
        let opts = opts.with_password(PASSWORD);
        let error = Conn::connect(net, opts).await.unwrap_err();
        let told = format!("{error} {error:?} {error:#?}");
        assert!(!told.contains(PASSWORD), "{told}");
        Ok(error)
    })
    .await
}

fn switch(plugin: &str, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![0xfe];
    packet.extend_from_slice(plugin.as_bytes());
    packet.push(0);
    packet.extend_from_slice(data);
    packet
}

#[net_test(backends(native, memory))]
async fn a_silent_server_times_out(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| drop(peer.receive().await);
    against(&net, script, async |opts: Opts| {
        let hasty = opts.with_connect_timeout(Duration::from_millis(50));
        let error = Conn::connect(&net, hasty).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(error.to_string().contains("127.0.0.1:"), "{error}");
        Ok(())
    })
    .await
}

#[net_test(backends(memory))]
async fn invalid_greetings_are_errors(net: impl Network) -> Result<()> {
    let good = greeting(CAPABILITIES, "mysql_native_password");
    for length in 0..good.len() - 22 {
        let error = logged_in(&net, &[good[..length].to_vec()]).await?;
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{length}: {error}");
    }
    let mut old = good.clone();
    old[0] = 9;
    let error = logged_in(&net, &[old]).await?;
    assert!(error.to_string().contains("version 9"), "{error}");
    for length_of_scramble in 128..=255 {
        let mut bad = good.clone();
        bad[16 + 20] = length_of_scramble;
        let error = logged_in(&net, &[bad]).await?;
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn the_error_of_a_full_server_is_reported(net: impl Network) -> Result<()> {
    let refusal = b"\xff\x10\x04Too many connections".to_vec();
    let error = logged_in(&net, &[refusal]).await?;
    let error = error.server().expect("an error of the server");
    assert_eq!(
        (error.code, &*error.message),
        (1040, "Too many connections")
    );
    Ok(())
}

#[net_test(backends(memory))]
async fn methods_that_expose_the_password_are_refused(net: impl Network) -> Result<()> {
    let hello = greeting(CAPABILITIES, "mysql_native_password");
    let switches = [
        switch("mysql_clear_password", &[]),
        switch("mysql_old_password", b"abcdefgh\0"),
        vec![0xfe],
    ];
    for switch in switches {
        let error = logged_in(&net, &[hello.clone(), switch]).await?;
        assert!(error.to_string().contains("refusing"), "{error}");
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn the_method_of_the_greeting_cannot_expose_the_password(net: impl Network) -> Result<()> {
    // `logged_in` checks each response of the client.
    for plugin in [
        "mysql_clear_password",
        "mysql_old_password",
        "sha256_password",
        "?",
    ] {
        let hello = greeting(CAPABILITIES, plugin);
        let error = logged_in(&net, &[hello, switch("unheard_of", b"x")]).await?;
        assert!(error.to_string().contains("unheard_of"), "{error}");
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn invalid_keys_are_errors(net: impl Network) -> Result<()> {
    let pem = |der: &str| format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
    let keys = [
        String::new(),
        "x".to_owned(),
        "no key at all".to_owned(),
        pem(""),
        pem("MA=="),
        pem("MIH/"),
        pem("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxSKOcxiet8lLMn8ImyUE"),
        // A modulus of 8 bits.
        pem("MBowDQYJKoZIhvcNAQEBBQADCQAwBgIBDwIBAw=="),
        pem("////////////////////////////////////////"),
    ];
    for plugin in ["caching_sha2_password", "sha256_password"] {
        for key in &keys {
            let mut more = vec![1];
            more.extend_from_slice(key.as_bytes());
            let mut packets = vec![
                greeting(CAPABILITIES, "mysql_native_password"),
                switch(plugin, &[SCRAMBLE, &[0][..]].concat()),
            ];
            if plugin == "caching_sha2_password" {
                packets.push(vec![1, 4]);
            }
            packets.push(more);
            let error = logged_in(&net, &packets).await?;
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{key}: {error}");
        }
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn an_endless_authentication_is_an_error(net: impl Network) -> Result<()> {
    let mut packets = vec![greeting(CAPABILITIES, "mysql_native_password")];
    packets.resize(100, switch("mysql_native_password", SCRAMBLE));
    let error = logged_in(&net, &packets).await?;
    assert!(error.to_string().contains("does not end"), "{error}");
    Ok(())
}

#[net_test(backends(memory))]
async fn a_server_that_is_too_old_is_an_error(net: impl Network) -> Result<()> {
    let error = logged_in(&net, &[greeting(1 << 9, "")]).await?;
    assert!(error.to_string().contains("older"), "{error}");
    Ok(())
}

pub(crate) fn tls() -> net_tls::ClientConfig {
    let authority = include_bytes!("../../../tls/tests/it/certificates/authority.pem");
    let roots = net_tls::Roots::none().with_pem(authority);
    let provider = net_tls::Provider::rustcrypto();
    net_tls::ClientConfig::new(&provider, roots.expect("an authority")).expect("a provider")
}

#[net_test(backends(memory))]
async fn a_server_without_tls_is_an_error_if_tls_is_required(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        peer.send(&greeting(CAPABILITIES, "mysql_native_password"))
            .await;
        assert_eq!(peer.receive().await, None);
    };
    against(&net, script, async |opts: Opts| {
        let error = Conn::connect(&net, opts.with_tls(tls())).await.unwrap_err();
        assert!(error.to_string().contains("does not offer TLS"), "{error}");
        Ok(())
    })
    .await
}

/// An attacker on the network could inject it, to be taken for encrypted data.
#[net_test(backends(memory))]
async fn data_sent_before_tls_is_an_error(net: impl Network) -> Result<()> {
    let script = async |mut peer: Peer<_>| {
        let hello = greeting(CAPABILITIES | 1 << 11, "mysql_native_password");
        let mut bytes = header(hello.len(), 0).to_vec();
        bytes.extend_from_slice(&hello);
        bytes.extend_from_slice(&header(OK.len(), 2));
        bytes.extend_from_slice(OK);
        peer.send_raw(&bytes).await;
        peer.receive().await;
        peer.receive().await;
    };
    against(&net, script, async |opts: Opts| {
        let error = Conn::connect(&net, opts.with_tls(tls())).await.unwrap_err();
        assert!(error.to_string().contains("before TLS"), "{error}");
        Ok(())
    })
    .await
}
