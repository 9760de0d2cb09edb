//! Where servers and hosts come from.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_proto::rr::Name;
use hickory_resolver::Hosts;

use crate::failure::Failure;
use crate::file::Watched;
use crate::hosts;
use crate::server::Server;
use crate::settings::Settings;

/// The environment variable that lists servers.
const VARIABLE: &str = "DNS_SERVER";

/// What was set in code; the rest comes from elsewhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) search: Option<Vec<Name>>,
    pub(crate) ndots: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempts: Option<usize>,
    pub(crate) rotate: Option<bool>,
    /// The list of servers that replaces the environment's.
    pub(crate) variable: Option<String>,
    pub(crate) resolv_conf: Option<PathBuf>,
    pub(crate) hosts: Option<PathBuf>,
}

#[derive(Debug)]
pub(crate) struct Source {
    overrides: Overrides,
    resolv_conf: Mutex<Watched<Arc<Settings>>>,
    hosts: Mutex<Watched<Arc<Hosts>>>,
}

impl Source {
    pub(crate) fn new(overrides: Overrides) -> Self {
        let or = |path: &Option<PathBuf>, other: &str| path.clone().unwrap_or_else(|| other.into());
        let resolv_conf = or(&overrides.resolv_conf, "/etc/resolv.conf");
        let hosts = or(&overrides.hosts, "/etc/hosts");
        Source {
            resolv_conf: Mutex::new(Watched::new(resolv_conf, |bytes| {
                Arc::new(Settings::from_resolv_conf(bytes))
            })),
            hosts: Mutex::new(Watched::new(hosts, hosts::read)),
            overrides,
        }
    }

    /// Returns the settings of the first source that has a server: code, the
    /// environment, the file. Other settings in code take precedence.
    pub(crate) fn settings(&self, now: Instant) -> Result<Settings, Failure> {
        let overrides = &self.overrides;
        let mut settings = if overrides.servers.is_empty() {
            self.outer_settings(now)?
        } else {
            Settings {
                servers: overrides
                    .servers
                    .iter()
                    .copied()
                    .map(Server::from)
                    .collect(),
                ..Settings::default()
            }
        };
        if settings.servers.is_empty() {
            return Err(Failure::NoServer);
        }
        if let Some(search) = &overrides.search {
            settings.search.clone_from(search);
        }
        settings.ndots = overrides.ndots.unwrap_or(settings.ndots);
        settings.timeout = overrides.timeout.unwrap_or(settings.timeout);
        settings.attempts = overrides.attempts.unwrap_or(settings.attempts).max(1);
        settings.rotate = overrides.rotate.unwrap_or(settings.rotate);
        Ok(settings)
    }

    fn outer_settings(&self, now: Instant) -> Result<Settings, Failure> {
        let variable = match &self.overrides.variable {
            Some(list) => Some(list.clone()),
            None => env::var(VARIABLE).ok(),
        };
        if let Some(list) = variable {
            let settings = Settings::from_server_list(&list)
                .map_err(|problem| Failure::BadSource(format!("{VARIABLE}: {problem}")))?;
            if !settings.servers.is_empty() {
                return Ok(settings);
            }
        }
        let mut file = (self.resolv_conf.lock()).unwrap_or_else(PoisonError::into_inner);
        let settings = file.get(now).ok_or(Failure::NoServer)?;
        Ok(Settings::clone(&settings))
    }

    pub(crate) fn hosts(&self, now: Instant) -> Arc<Hosts> {
        let mut file = (self.hosts.lock()).unwrap_or_else(PoisonError::into_inner);
        file.get(now).unwrap_or_default()
    }
}
