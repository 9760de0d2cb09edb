//! TLS natively, in memory and in guests, and with third-party peers.

#![allow(clippy::duplicate_mod, reason = "the same tests, with each provider")]

/// All tests, with one cryptography provider.
macro_rules! tests_with {
    ($provider:ident) => {
        #[path = "."]
        mod $provider {
            pub(crate) fn provider() -> net_tls::Provider {
                net_tls::Provider::$provider()
            }

            mod client_certificates;
            mod curl;
            mod handshake;
            mod hostile;
            mod key_log;
            mod openssl;
            mod stalled;
            mod streams;
            mod support;
            mod truncated;
        }
    };
}

#[cfg(feature = "ring")]
tests_with!(ring);
tests_with!(rustcrypto);
