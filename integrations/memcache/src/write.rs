//! Operations that change an item.

use crate::client::{Client, Outcome};
use crate::decoder::Code;
use crate::request::Flag;
use crate::{Cas, Error, Expiry, Result, Value};

impl Client {
    /// Stores a value, whether or not the key exists.
    ///
    /// ```no_run
    /// # async fn example(cache: net_memcache::Client) -> net_memcache::Result<()> {
    /// use std::time::Duration;
    /// use net_memcache::{Expiry, Value};
    ///
    /// cache.set("motd", "hello", Expiry::Never).await?;
    /// let compressed = Value::from(b"\x1f\x8b").with_flags(1);
    /// cache.set("page", compressed, Duration::from_secs(60)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn set<'a>(
        &self,
        key: impl AsRef<[u8]>,
        value: impl Into<Value<'a>>,
        expiry: impl Into<Expiry>,
    ) -> Result<()> {
        let flags = store_flags(b'S', expiry.into());
        let outcome = self.store("set", key.as_ref(), value.into(), &flags);
        let outcome = outcome.await?;
        if outcome.is_done()? {
            Ok(())
        } else {
            Err(outcome.unexpected())
        }
    }

    /// Stores a value if the key does not exist. Returns `false` if it does.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn add<'a>(
        &self,
        key: impl AsRef<[u8]>,
        value: impl Into<Value<'a>>,
        expiry: impl Into<Expiry>,
    ) -> Result<bool> {
        let flags = store_flags(b'E', expiry.into());
        let outcome = self.store("add", key.as_ref(), value.into(), &flags);
        outcome.await?.is_done()
    }

    /// Stores a value if the key exists. Returns `false` if it does not.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn replace<'a>(
        &self,
        key: impl AsRef<[u8]>,
        value: impl Into<Value<'a>>,
        expiry: impl Into<Expiry>,
    ) -> Result<bool> {
        let flags = store_flags(b'R', expiry.into());
        let outcome = self.store("replace", key.as_ref(), value.into(), &flags);
        outcome.await?.is_done()
    }

    /// Appends bytes to a value. Returns `false` if the key does not exist.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn append(&self, key: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> Result<bool> {
        let value = Value::from(&bytes);
        let flags = [Flag::Mode(b'A')];
        let outcome = self.store("append", key.as_ref(), value, &flags);
        outcome.await?.is_done()
    }

    /// Prepends bytes to a value. Returns `false` if the key does not exist.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn prepend(&self, key: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> Result<bool> {
        let value = Value::from(&bytes);
        let flags = [Flag::Mode(b'P')];
        let outcome = self.store("prepend", key.as_ref(), value, &flags);
        outcome.await?.is_done()
    }

    /// Stores a value if the item's version is still [`Item::cas`](crate::Item::cas) of an earlier
    /// fetch.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn cas<'a>(
        &self,
        key: impl AsRef<[u8]>,
        value: impl Into<Value<'a>>,
        expiry: impl Into<Expiry>,
        version: u64,
    ) -> Result<Cas> {
        let [mode, expiry] = store_flags(b'S', expiry.into());
        let flags = [mode, expiry, Flag::Number(b'C', version)];
        let outcome = self.store("cas", key.as_ref(), value.into(), &flags);
        let outcome = outcome.await?;
        match outcome.code() {
            Code::Done => Ok(Cas::Stored),
            Code::Exists => Ok(Cas::Changed),
            Code::Missing => Ok(Cas::Missing),
            Code::Value | Code::NotStored => Err(outcome.unexpected()),
        }
    }

    async fn store(
        &self,
        operation: &'static str,
        key: &[u8],
        value: Value<'_>,
        flags: &[Flag],
    ) -> Result<Outcome<'_>> {
        let limit = self.shared.settings.max_value_bytes;
        let length = value.bytes.len();
        if length > limit {
            let wrong = format!("the value has {length} bytes, but the limit is {limit}");
            return Err(Error::invalid(operation, wrong));
        }
        let client_flags = Flag::Number(b'F', value.flags.into());
        let flags = [flags, &[client_flags]].concat();
        self.run(operation, "ms", key, Some(value.bytes), &flags)
            .await
    }

    /// Deletes an item. Returns `false` if the key does not exist.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn delete(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        let outcome = self.run("delete", "md", key.as_ref(), None, &[]);
        outcome.await?.is_done()
    }

    /// Changes when an item expires. Returns `false` if the key does not exist.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors).
    pub async fn touch(&self, key: impl AsRef<[u8]>, expiry: impl Into<Expiry>) -> Result<bool> {
        let flags = [Flag::expiry(expiry.into().number())];
        let outcome = self.run("touch", "mg", key.as_ref(), None, &flags);
        outcome.await?.is_done()
    }

    /// Increments a number, which is stored as decimal digits and wraps around beyond `u64::MAX`.
    /// Returns the new number, or `None` if the key does not exist.
    ///
    /// # Errors
    ///
    /// See [`Client`](Client#errors). Returns an error of kind
    /// [`Client`](crate::ErrorKind::Client) if the value is not a number.
    pub async fn incr(&self, key: impl AsRef<[u8]>, delta: u64) -> Result<Option<u64>> {
        let flags = [Flag::Bare(b'v'), Flag::Number(b'D', delta)];
        let outcome = self.run("incr", "ma", key.as_ref(), None, &flags);
        number(&outcome.await?)
    }

    /// Decrements a number, down to 0. Returns the new number, or `None` if the key does not
    /// exist.
    ///
    /// # Errors
    ///
    /// See [`incr`](Client::incr).
    pub async fn decr(&self, key: impl AsRef<[u8]>, delta: u64) -> Result<Option<u64>> {
        let down = Flag::Mode(b'D');
        let flags = [Flag::Bare(b'v'), Flag::Number(b'D', delta), down];
        let outcome = self.run("decr", "ma", key.as_ref(), None, &flags);
        number(&outcome.await?)
    }

    /// Increments a number, or stores `initial` if the key does not exist. `expiry` applies to a
    /// number that is stored.
    ///
    /// # Errors
    ///
    /// See [`incr`](Client::incr).
    pub async fn incr_or_init(
        &self,
        key: impl AsRef<[u8]>,
        delta: u64,
        initial: u64,
        expiry: impl Into<Expiry>,
    ) -> Result<u64> {
        let flags = [
            Flag::Bare(b'v'),
            Flag::Number(b'D', delta),
            Flag::Number(b'J', initial),
            Flag::Number(b'N', expiry.into().number()),
        ];
        let outcome = self.run("incr or init", "ma", key.as_ref(), None, &flags);
        let outcome = outcome.await?;
        number(&outcome)?.ok_or_else(|| outcome.unexpected())
    }
}

/// Parses the number that an arithmetic command replies with.
fn number(outcome: &Outcome<'_>) -> Result<Option<u64>> {
    if outcome.code() == Code::Missing {
        return Ok(None);
    }
    // A number that has become shorter is padded with blanks.
    let digits = str::from_utf8(&outcome.value).map(str::trim_end);
    match digits.map(str::parse) {
        Ok(Ok(number)) => Ok(Some(number)),
        _ => Err(outcome.unexpected()),
    }
}

/// Returns the flags for the mode and the expiry of a store.
fn store_flags(mode: u8, expiry: Expiry) -> [Flag; 2] {
    [Flag::Mode(mode), Flag::expiry(expiry.number())]
}
