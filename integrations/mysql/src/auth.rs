//! Proving who we are, by whichever method the server asks for.

use mysql_common::auth::plugins::{
    AuthProc, ChallengeResponsePlugin, Context, Error as PluginError, Response,
};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, AuthSwitchRequest};

use crate::{Error, Opts, Result, public_key};

/// More than any method needs.
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
    /// Begins with the method of a greeting, and gives the first answer.
    ///
    /// A method that we do not know, or that would give the password away, is
    /// answered with another: the server then says which one the account has.
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

    /// Answers a packet that is neither success nor refusal; `None` if it needs
    /// no answer.
    pub(crate) fn answer(&mut self, packet: &[u8]) -> Result<Option<Vec<u8>>> {
        self.rounds += 1;
        if self.rounds > MOST_ROUNDS {
            return Err(Error::protocol("the login has no end"));
        }
        match packet {
            [0xfe] => Err(refused("mysql_old_password")),
            [0xfe, ..] => self.switch(packet),
            // The mark sets apart what would begin like a packet of another meaning.
            _ => self.go_on(packet.strip_prefix(&[0x01]).unwrap_or(packet)),
        }
    }

    /// After their scramble, the methods that encrypt the password are sent one
    /// byte, or a key.
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
            .map_err(Error::malformed("switch of the authentication"))?;
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
        self.opts.cleartext_password && (self.encrypted || self.opts.network == "unix")
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
                // Its text could come from what was encrypted.
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
        Error::usage(format!("the authentication {method:?} is not supported"))
    })
}

fn refused(method: &str) -> Error {
    Error::usage(format!(
        "{method} is refused, since it would give the password away"
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
        self.opts.network == "unix"
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
