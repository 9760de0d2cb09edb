//! Finds a master through Redis Sentinel: a client asks the sentinels each time it connects.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use net_traits::{BoxStream, Dialer};
use redis::{Cmd, FromRedisValue, Value, cmd, from_redis_value};

use crate::address::join;
use crate::error::{Error, ErrorKind, Result};
use crate::open::{MISSING, open};
use crate::settings::Settings;
use crate::timeout::within;
use crate::url::Target;
use crate::wire::Wire;

/// The longest reply of a sentinel, which consists of addresses.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// The sentinels that monitor a master.
pub(crate) struct Sentinels {
    pub(crate) master: Arc<str>,
    /// Whether to connect to replicas.
    pub(crate) replicas: bool,
    watchers: Vec<Sentinel>,
    memory: Arc<Memory>,
}

/// What all connections of a client share.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The order in which to ask the sentinels, starting with the last that answered.
    order: Mutex<Vec<usize>>,
    /// Counts connections, to rotate among replicas.
    turn: AtomicUsize,
}

pub(crate) struct Sentinel {
    pub(crate) dialer: Arc<dyn Dialer<Stream = BoxStream>>,
    pub(crate) target: Target,
}

/// The role that a server must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Master,
    Replica,
}

impl Sentinels {
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

    /// Asks the sentinels in turn, until one leads to a server in the right role.
    pub(crate) async fn open(
        &self,
        dialer: &dyn Dialer<Stream = BoxStream>,
        settings: &Settings,
    ) -> Result<Wire> {
        let order = self.memory.lock().clone();
        let count = u32::try_from(order.len()).unwrap_or(u32::MAX).max(1);
        // A sentinel that does not answer leaves time for the others.
        let limit = settings.connect_timeout / count;
        let mut errors = Vec::new();
        for index in order {
            match self.open_by(index, limit, dialer, settings).await {
                Ok(wire) => return Ok(wire),
                Err(error) => errors.push(error),
            }
        }
        Err(self.unite(&errors))
    }

    async fn open_by(
        &self,
        index: usize,
        limit: Duration,
        dialer: &dyn Dialer<Stream = BoxStream>,
        settings: &Settings,
    ) -> Result<Wire> {
        let sentinel = &self.watchers[index];
        let servers = self.servers(sentinel, limit);
        let servers = within(limit, "no answer from the sentinel", servers).await;
        let servers = servers.map_err(|error| error.at(&sentinel.target.address))?;
        self.memory.put_first(index);
        let mut failed = None;
        for (address, role) in servers {
            let target = Target {
                address,
                ..settings.target.clone()
            };
            let limit = settings.connect_timeout;
            let opening = open_in_role(dialer, &target, settings, role);
            match within(limit, MISSING, opening).await {
                Ok(wire) => return Ok(wire),
                Err(error) => failed = Some(error.at(&target.address)),
            }
        }
        Err(failed.unwrap_or_else(|| Error::text(ErrorKind::Connect, "no server")))
    }

    /// Returns the servers to try according to a sentinel, best first.
    async fn servers(&self, sentinel: &Sentinel, limit: Duration) -> Result<Vec<(Arc<str>, Role)>> {
        let target = &sentinel.target;
        let mut wire = open(&*sentinel.dialer, target, limit, MAX_ANSWER_BYTES).await?;
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

    /// Combines the errors of all sentinels.
    fn unite(&self, errors: &[Error]) -> Error {
        let kind = match errors {
            [first, rest @ ..] if rest.iter().all(|error| error.kind() == first.kind()) => {
                first.kind()
            }
            _ => ErrorKind::Connect,
        };
        let errors: Vec<_> = errors.iter().map(Error::to_string).collect();
        let message = format!("no sentinel led to a usable server: {}", errors.join("; "));
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
        // No panic can leave the order inconsistent.
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

/// Connects to a server and checks its role: a sentinel learns of a new master before the
/// servers do.
async fn open_in_role(
    dialer: &dyn Dialer<Stream = BoxStream>,
    target: &Target,
    settings: &Settings,
    role: Role,
) -> Result<Wire> {
    let limit = settings.connect_timeout;
    let mut wire = open(dialer, target, limit, settings.max_answer_bytes).await?;
    let answer: Result<Vec<Value>> = ask(&mut wire, &cmd("ROLE")).await;
    let answer = match answer {
        // For users without the permission, the sentinel's word has to do.
        Err(error) if error.code() == Some("NOPERM") => return Ok(wire),
        answer => answer?,
    };
    let actual: String = match answer.into_iter().next() {
        Some(value) => from_redis_value(value).map_err(redis::RedisError::from)?,
        None => String::new(),
    };
    let expected = match role {
        Role::Master => "master",
        Role::Replica => "slave",
    };
    if actual == expected {
        return Ok(wire);
    }
    let message = format!("its role is {actual:?}, but the sentinel says {expected:?}");
    Err(Error::text(ErrorKind::Connect, message))
}

async fn ask<T: FromRedisValue>(wire: &mut Wire, command: &Cmd) -> Result<T> {
    let answers = wire.ask(&command.get_packed_command(), 1).await?;
    let answer = answers.into_iter().next().unwrap_or(Value::Nil);
    let answer = answer.extract_error()?;
    Ok(from_redis_value(answer).map_err(redis::RedisError::from)?)
}

/// Returns the address of a replica that is up and in sync with its master.
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
