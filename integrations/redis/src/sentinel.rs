//! Where the master is: sentinels know, and a client asks them whenever it connects.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use net_traits::{BoxStream, Dialer};
use redis::{Cmd, FromRedisValue, Value, cmd, from_redis_value};

use crate::error::{Error, ErrorKind, Result};
use crate::settings::{Opener, open_at};
use crate::url::Target;
use crate::wire::Wire;

/// A sentinel says where a server is; more than this it does not have to say.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// The sentinels that watch a master.
pub(crate) struct Sentinels {
    pub(crate) master: Arc<str>,
    /// Whether connections go to replicas.
    pub(crate) replicas: bool,
    watchers: Vec<Sentinel>,
    memory: Arc<Memory>,
}

/// What all connections of a client know.
#[derive(Debug)]
pub(crate) struct Memory {
    /// Which sentinel is asked first, and so on. The one that answered last is first.
    order: Mutex<Vec<usize>>,
    /// Which replica is next.
    turn: AtomicUsize,
}

pub(crate) struct Sentinel {
    pub(crate) dialer: Arc<dyn Dialer<Stream = BoxStream>>,
    pub(crate) target: Target,
}

/// What a server has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Master,
    Replica,
}

impl Sentinels {
    /// As many as there is something known about.
    pub(crate) fn new(
        master: Arc<str>,
        replicas: bool,
        sentinels: Vec<Sentinel>,
        memory: Arc<Memory>,
    ) -> Self {
        Sentinels {
            master,
            replicas,
            watchers: sentinels,
            memory,
        }
    }

    /// Asks one after the other, until one leads to a server that has the role.
    pub(crate) async fn open(&self, opener: &Opener) -> Result<Wire> {
        let order = self.memory.lock().clone();
        let count = u32::try_from(order.len()).unwrap_or(u32::MAX).max(1);
        // One that does not answer leaves time for the others.
        let limit = opener.settings.connect_timeout / count;
        let mut errors = Vec::new();
        for index in order {
            match self.open_by(index, limit, opener).await {
                Ok(wire) => return Ok(wire),
                Err(error) => errors.push(error),
            }
        }
        Err(self.unite(&errors))
    }

    async fn open_by(&self, index: usize, limit: Duration, opener: &Opener) -> Result<Wire> {
        let sentinel = &self.watchers[index];
        let servers = tokio::time::timeout(limit, self.servers(sentinel, limit)).await;
        let servers = servers.unwrap_or_else(|_| {
            let message = format!("the sentinel did not answer within {limit:?}");
            Err(Error::text(ErrorKind::Timeout, message))
        });
        let servers = servers.map_err(|error| error.at(&sentinel.target.address))?;
        self.memory.put_first(index);
        let mut failed = None;
        for (address, role) in servers {
            let target = Target {
                address,
                ..opener.settings.target.clone()
            };
            match open_in_role(opener, &target, role).await {
                Ok(wire) => return Ok(wire),
                Err(error) => failed = Some(error.at(&target.address)),
            }
        }
        Err(failed.unwrap_or_else(|| Error::text(ErrorKind::Connect, "no server")))
    }

    /// What a sentinel says of where to connect to, best first.
    async fn servers(&self, sentinel: &Sentinel, limit: Duration) -> Result<Vec<(Arc<str>, Role)>> {
        let target = &sentinel.target;
        let mut wire = open_at(&*sentinel.dialer, target, limit, MAX_ANSWER_BYTES).await?;
        let mut servers = Vec::new();
        if self.replicas {
            let asked = cmd("SENTINEL").arg("SLAVES").arg(&*self.master).take();
            let replicas: Vec<HashMap<String, String>> = ask(&mut wire, &asked).await?;
            servers.extend(replicas.iter().filter_map(usable));
            let count = servers.len().max(1);
            servers.rotate_left(self.memory.turn.fetch_add(1, Ordering::Relaxed) % count);
        }
        let asked = cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg(&*self.master)
            .take();
        let master: Option<(String, u16)> = ask(&mut wire, &asked).await?;
        let Some((host, port)) = master else {
            let message = format!("the sentinel knows no master {:?}", self.master);
            return Err(Error::text(ErrorKind::Connect, message));
        };
        servers.push((join(&host, port), Role::Master));
        Ok(servers)
    }

    /// One error that has what each sentinel led to.
    fn unite(&self, errors: &[Error]) -> Error {
        let kind = match errors {
            [first, rest @ ..] if rest.iter().all(|error| error.kind() == first.kind()) => {
                first.kind()
            }
            _ => ErrorKind::Connect,
        };
        let errors: Vec<_> = errors.iter().map(Error::to_string).collect();
        let message = format!(
            "no sentinel leads to a usable server: {}",
            errors.join("; ")
        );
        Error::text(kind, message).at(&self.master)
    }
}

impl Memory {
    pub(crate) fn of(count: usize) -> Self {
        Memory {
            order: Mutex::new((0..count).collect()),
            turn: AtomicUsize::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<usize>> {
        // Nothing in here panics half-way.
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_first(&self, index: usize) {
        let mut order = self.lock();
        if let Some(position) = order.iter().position(|&one| one == index) {
            order[..=position].rotate_right(1);
        }
    }
}

impl fmt::Debug for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sentinels")
            .field("master", &self.master)
            .finish_non_exhaustive()
    }
}

/// A sentinel hears of a new master before the servers do: the server itself is
/// asked what it is.
async fn open_in_role(opener: &Opener, target: &Target, role: Role) -> Result<Wire> {
    let settings = &opener.settings;
    let limit = settings.connect_timeout;
    let attempt = tokio::time::timeout(limit, async {
        let dialer = &*opener.dialer;
        let mut wire = open_at(dialer, target, limit, settings.max_answer_bytes).await?;
        let said: Result<Vec<Value>> = ask(&mut wire, &cmd("ROLE")).await;
        let said = match said {
            // Users who may not ask have to rely on the sentinel.
            Err(error) if error.code() == Some("NOPERM") => return Ok(wire),
            said => said?,
        };
        let said: String = match said.into_iter().next() {
            Some(value) => from_redis_value(value).map_err(redis::RedisError::from)?,
            None => String::new(),
        };
        let expected = match role {
            Role::Master => "master",
            Role::Replica => "slave",
        };
        if said == expected {
            return Ok(wire);
        }
        let message = format!("its role is {said:?}, and not {expected:?} as the sentinel says");
        Err(Error::text(ErrorKind::Connect, message))
    });
    attempt.await.unwrap_or_else(|_| {
        let message = format!("not connected and logged in within {limit:?}");
        Err(Error::text(ErrorKind::Timeout, message))
    })
}

async fn ask<T: FromRedisValue>(wire: &mut Wire, command: &Cmd) -> Result<T> {
    let answers = wire.ask(&command.get_packed_command(), 1).await?;
    let answer = answers.into_iter().next().unwrap_or(Value::Nil);
    let answer = answer.extract_error()?;
    Ok(from_redis_value(answer).map_err(redis::RedisError::from)?)
}

/// A replica that is there, and follows its master.
fn usable(replica: &HashMap<String, String>) -> Option<(Arc<str>, Role)> {
    let flags = replica.get("flags")?;
    let away = ["s_down", "o_down", "disconnected"];
    let linked = replica.get("master-link-status")? == "ok";
    if !linked || flags.split(',').any(|flag| away.contains(&flag)) {
        return None;
    }
    let port = replica.get("port")?.parse().ok()?;
    Some((join(replica.get("ip")?, port), Role::Replica))
}

/// An address, with brackets around IPv6.
pub(crate) fn join(host: &str, port: u16) -> Arc<str> {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}").into()
    } else {
        format!("{host}:{port}").into()
    }
}
