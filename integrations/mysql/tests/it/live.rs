//! MySQL and MariaDB themselves, started once for all tests.

use net::Net;
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Result};
use net_peers::Server;
use tokio::sync::OnceCell;

/// Starts both servers, or those that are installed.
pub(crate) async fn servers() -> Vec<&'static Live> {
    static MYSQL: OnceCell<Option<Live>> = OnceCell::const_new();
    static MARIADB: OnceCell<Option<Live>> = OnceCell::const_new();
    let mysql = MYSQL.get_or_init(|| Live::start("mysql")).await;
    let mariadb = MARIADB.get_or_init(|| Live::start("mariadb")).await;
    mysql.iter().chain(mariadb).collect()
}

/// A server that runs as long as the tests do.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) name: &'static str,
    pub(crate) tcp: String,
    pub(crate) unix: String,
}

impl Live {
    async fn start(name: &'static str) -> Option<Self> {
        let server = net_peers::start(name).await?;
        let live = Live {
            name,
            tcp: server.address("tcp").to_owned(),
            unix: server.address("unix").to_owned(),
        };
        // Tests share it, so it runs until the process ends.
        std::mem::forget::<Server>(server);
        Some(live)
    }

    pub(crate) fn is_mariadb(&self) -> bool {
        self.name == "mariadb"
    }

    /// The options of the initial account.
    pub(crate) fn opts(&self) -> Opts {
        Opts::new(&self.tcp).with_database("test")
    }

    pub(crate) async fn conn(&self) -> Result<Conn> {
        Conn::connect(&Net::default(), self.opts()).await
    }

    /// Creates an account with a password and an authentication method.
    pub(crate) async fn account(&self, user: &str, identified: &str) -> Result<Opts> {
        let mut root = self.conn().await?;
        root.query_drop(format!("DROP USER IF EXISTS '{user}'@'%'"))
            .await?;
        root.query_drop(format!("CREATE USER '{user}'@'%' IDENTIFIED {identified}"))
            .await?;
        root.query_drop(format!("GRANT ALL ON test.* TO '{user}'@'%'"))
            .await?;
        Ok(self.opts().with_user(user).with_password("sécret/1"))
    }
}
