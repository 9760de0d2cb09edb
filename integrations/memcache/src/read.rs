//! Operations that read.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use futures_util::future::try_join_all;

use crate::client::Client;
use crate::decoder::Code;
use crate::pending::Answer;
use crate::request::{Flag, Request};
use crate::{Error, Expiry, Item, Result, key};

impl Client {
    /// Fetches an item.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Item>> {
        self.fetch("get", key.as_ref(), &Flag::ITEM).await
    }

    /// Fetches an item, and changes when it expires (`gat`).
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn get_and_touch(
        &self,
        key: impl AsRef<[u8]>,
        expiry: impl Into<Expiry>,
    ) -> Result<Option<Item>> {
        let [value, flags, cas] = Flag::ITEM;
        let flags = [value, flags, cas, Flag::expiry(expiry.into().number())];
        self.fetch("get and touch", key.as_ref(), &flags).await
    }

    async fn fetch(
        &self,
        operation: &'static str,
        key: &[u8],
        flags: &[Flag],
    ) -> Result<Option<Item>> {
        let outcome = match self.run(operation, "mg", key, None, flags).await {
            Err(error) if self.may_miss() && error.is_unreachable() => return Ok(None),
            outcome => outcome?,
        };
        match outcome.code() {
            Code::Value => Ok(Some(Item {
                value: outcome.value,
                flags: outcome.meta.flags,
                cas: outcome.meta.cas,
            })),
            Code::Missing => Ok(None),
            _ => Err(outcome.unexpected()),
        }
    }

    /// Fetches many items. Returns those that exist, by their keys.
    ///
    /// Each server that has some of the keys receives one request, concurrently with the others.
    ///
    /// ```no_run
    /// # async fn example(cache: net_memcache::Client) -> net_memcache::Result<()> {
    /// let found = cache.get_many(["user:1", "user:2"]).await?;
    /// if let Some(item) = found.get("user:2") {
    ///     println!("{:?}", item.text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors). Returns an error if any server fails.
    pub async fn get_many<K>(&self, keys: impl IntoIterator<Item = K>) -> Result<HashMap<K, Item>>
    where
        K: AsRef<[u8]> + Eq + Hash,
    {
        const OPERATION: &str = "get many";
        let keys: Vec<K> = keys.into_iter().collect();
        let mut of_servers = vec![Vec::new(); self.shared.servers.len()];
        for (n, key) in keys.iter().enumerate() {
            let key = key.as_ref();
            key::check(key)
                .map_err(|wrong| Error::invalid(OPERATION, format!("key {n}: {wrong}")))?;
            of_servers[self.index_of(key)].push(n);
        }
        let asked = of_servers
            .iter()
            .enumerate()
            .filter(|(_, of)| !of.is_empty());
        let answers = asked.map(|(server, of)| {
            let of_server = of.iter().map(|n| keys[*n].as_ref()).collect();
            self.fetch_from(OPERATION, server, of_server)
        });
        let answers = try_join_all(answers).await?;
        let numbers = of_servers.into_iter().filter(|of| !of.is_empty());
        let mut items: Vec<Option<Item>> = vec![None; keys.len()];
        for (of, answer) in numbers.zip(answers) {
            for (n, item) in of.into_iter().zip(answer) {
                items[n] = item;
            }
        }
        let found = keys.into_iter().zip(items);
        Ok(found.filter_map(|(key, item)| Some((key, item?))).collect())
    }

    /// Fetches the items of one server, in the order of their keys.
    async fn fetch_from(
        &self,
        operation: &'static str,
        server: usize,
        keys: Vec<&[u8]>,
    ) -> Result<Vec<Option<Item>>> {
        let server = &self.shared.servers[server];
        let request = Request::GetMany {
            keys: &keys,
            flags: &Flag::ITEM,
        };
        match server.call(operation, request).await {
            Ok(Answer::Items(items)) => Ok(items),
            Ok(_) => Err(server.unexpected(operation)),
            Err(error) if self.may_miss() && error.is_unreachable() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Returns memcached's debugging information about an item (`me`), such as `exp`, `la` and
    /// `size`: its age and size, but not its value.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn debug(&self, key: impl AsRef<[u8]>) -> Result<Option<BTreeMap<String, String>>> {
        const OPERATION: &str = "debug";
        let key = key.as_ref();
        let server = self.server_of(OPERATION, key)?;
        match server.call(OPERATION, Request::Debug(key)).await? {
            Answer::Meta(meta, _) if meta.code == Code::Missing => Ok(None),
            Answer::Line(line) if line.starts_with("ME ") => {
                let words = line.split(' ').skip(2);
                let pairs = words.filter_map(|word| word.split_once('='));
                Ok(Some(owned(pairs)))
            }
            _ => Err(server.unexpected(OPERATION)),
        }
    }
}

pub(crate) fn owned<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, String> {
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
