//! Authenticates with the method that the server requests.

use mysql_common::auth::plugins::{
    AuthProc, ChallengeResponsePlugin, Context, Error as PluginError, Response,
};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, AuthSwitchRequest};

use crate::{Error, Opts, Result, public_key};

/// More rounds than any method needs.
const MOST_ROUNDS: usize = 10;

/// The state of a login.
pub(crate) struct Login<'a> {
    opts: &'a Opts,
    encrypted: bool,
    plugin: AuthPlugin<'static>,
    method: AuthProc,
    scramble: Vec<u8>,
    rounds: usize,
}

impl<'a> Login<'a> {
    /// Starts with the method of the greeting, and returns the first response.
    ///
    /// If the method is unknown, or would expose the password, another is used: the server then
    /// requests the one that the account needs.
    pub(crate) fn begin(
        opts: &'a Opts,
        encrypted: bool,
        plugin: Option<&AuthPlugin<'_>>,
        scramble: Vec<u8>,
    ) -> Result<(Self, Vec<u8>)> {
        let plugin = match plugin {
            Some(AuthPlugin::CachingSha2Password) => AuthPlugin::CachingSha2Password,
            Some(AuthPlugin::Sha256Password) if encrypted => AuthPlugin::Sha256Password,
            _ => AuthPlugin::MysqlNativePassword,
        };
        let mut login = Login {
            opts,
            encrypted,
            method: init(&plugin)?,
            plugin,
            scramble,
            rounds: 0,
        };
        let scramble = login.scramble.clone();
        let answer = login.step(&scramble)?.unwrap_or_default();
        Ok((login, answer))
    }

    pub(crate) fn plugin(&self) -> AuthPlugin<'static> {
        self.plugin.clone()
    }

    /// Responds to a packet that is neither OK nor an error; `None` if it needs no response.
    pub(crate) fn answer(&mut self, packet: &[u8]) -> Result<Option<Vec<u8>>> {
        self.rounds += 1;
        if self.rounds > MOST_ROUNDS {
            return Err(Error::protocol("the authentication does not end"));
        }
        match packet {
            [0xfe] => Err(refused("mysql_old_password")),
            [0xfe, ..] => self.switch(packet),
            // The prefix marks data that could be taken for another packet.
            _ => self.go_on(packet.strip_prefix(&[0x01]).unwrap_or(packet)),
        }
    }

    /// Continues with the current method. After the scramble, methods that encrypt the password
    /// receive one byte, or a key.
    fn go_on(&mut self, challenge: &[u8]) -> Result<Option<Vec<u8>>> {
        if self.encrypts_password() && challenge.len() > 1 {
            public_key::check(challenge, self.opts.password.as_bytes())?;
        }
        self.step(challenge)
    }

    fn encrypts_password(&self) -> bool {
        matches!(
            self.method,
            AuthProc::CachingSha2Password(_) | AuthProc::Sha256Password(_)
        )
    }

    fn switch(&mut self, packet: &[u8]) -> Result<Option<Vec<u8>>> {
        let request: AuthSwitchRequest<'_> = ParseBuf(packet)
            .parse(())
            .map_err(Error::malformed("AuthSwitchRequest"))?;
        let plugin = request.auth_plugin().into_owned();
        match plugin {
            AuthPlugin::MysqlOldPassword => return Err(refused("mysql_old_password")),
            AuthPlugin::MysqlClearPassword if !self.may_send_cleartext() => {
                return Err(refused("mysql_clear_password"));
            }
            _ => {}
        }
        self.method = init(&plugin)?;
        self.plugin = plugin;
        self.scramble = request.plugin_data().to_vec();
        let scramble = self.scramble.clone();
        self.step(&scramble)
    }

    fn may_send_cleartext(&self) -> bool {
        self.opts.cleartext_password && (self.encrypted || self.opts.address.is_unix())
    }

    fn step(&mut self, challenge: &[u8]) -> Result<Option<Vec<u8>>> {
        if self.encrypts_password()
            && let Some(key) = &self.opts.server_public_key
        {
            public_key::check(key, self.opts.password.as_bytes())?;
        }
        let context = LoginContext {
            opts: self.opts,
            encrypted: self.encrypted,
            scramble: &self.scramble,
        };
        let answer = self.method.run(context, challenge).map_err(|error| {
            let method = String::from_utf8_lossy(self.plugin.as_bytes());
            let what = match error {
                // Its text may derive from the encrypted password.
                PluginError::Other(_) => "failed".to_owned(),
                error => error.to_string(),
            };
            Error::protocol(format!("{method}: {what}"))
        })?;
        let (Response::Next { packet } | Response::Last { packet }) = answer;
        Ok(packet)
    }
}

fn init(plugin: &AuthPlugin<'_>) -> Result<AuthProc> {
    AuthProc::init(plugin).map_err(|_| {
        let method = String::from_utf8_lossy(plugin.as_bytes()).into_owned();
        Error::usage(format!("unsupported authentication method: {method:?}"))
    })
}

fn refused(method: &str) -> Error {
    Error::usage(format!(
        "refusing the authentication method {method}, which would expose the password"
    ))
}

struct LoginContext<'a> {
    opts: &'a Opts,
    encrypted: bool,
    scramble: &'a [u8],
}

impl Context for LoginContext<'_> {
    fn pass(&self) -> &[u8] {
        self.opts.password.as_bytes()
    }

    fn is_ipc_transport(&self) -> bool {
        self.opts.address.is_unix()
    }

    fn is_tls_transport(&self) -> bool {
        self.encrypted
    }

    fn scramble(&self) -> &[u8] {
        self.scramble
    }

    fn server_key_pem(&self) -> Option<&[u8]> {
        self.opts.server_public_key.as_deref()
    }
}
