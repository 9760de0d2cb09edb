//! Operations that change an item.

use crate::client::{Client, Outcome};
use crate::decoder::Code;
use crate::request::Flag;
use crate::{Cas, Error, Expiry, Result, Value};

impl Client {
    /// Stores a value, whatever was there before.
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
    /// Those of [all operations](Client#errors).
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

    /// Stores a value if nothing is there: `false` if something is.
    ///
    /// # Errors
    ///
    /// Those of [all operations](Client#errors).
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

    /// Stores a value if something is there: `false` if nothing is.
    ///
    /// # Errors
    ///
    /// Those of [all operations](Client#errors).
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

    /// Adds bytes to the end of a value: `false` if there is none.
    ///
    /// # Errors
    ///
    /// Those of [all operations](Client#errors).
    pub async fn append(&self, key: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> Result<bool> {
        let value = Value::from(&bytes);
        let flags = [Flag::Mode(b'A')];
        let outcome = self.store("append", key.as_ref(), value, &flags);
        outcome.await?.is_done()
    }

    /// Adds bytes to the start of a value: `false` if there is none.
    ///
    /// # Errors
    ///
    /// Those of [all operations](Client#errors).
    pub async fn prepend(&self, key: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> Result<bool> {
        let value = Value::from(&bytes);
        let flags = [Flag::Mode(b'P')];
        let outcome = self.store("prepend", key.as_ref(), value, &flags);
        outcome.await?.is_done()
    }

    /// Stores a value if the item is still the version that was fetched,
    /// [`Item::cas`](crate::Item::cas).
    ///
    /// # Errors
    ///
    /// Those of [all operations](Client#errors).
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
            let wrong = format!("the value has {length} bytes, {limit} are the limit");
            return Err(Error::invalid(operation, wrong));
        }
        let client_flags = Flag::Number(b'F', value.flags.into());
        let flags = [flags, &[client_flags]].concat();
        self.run(operation, "ms", key, Some(value.bytes), &flags)
            .await
    }

    /// Removes an item: `false` if there is none.
    ///
    /// # Errors
    ///
    /// Those of [all operations](Client#errors).
    pub async fn delete(&self, key: impl AsRef<[u8]>) -> Result<bool> {
        let outcome = self.run("delete", "md", key.as_ref(), None, &[]);
        outcome.await?.is_done()
    }

    /// Changes when an item expires: `false` if there is none.
    ///
    /// # Errors
    ///
    /// Those of [all operations](Client#errors).
    pub async fn touch(&self, key: impl AsRef<[u8]>, expiry: impl Into<Expiry>) -> Result<bool> {
        let flags = [Flag::expiry(expiry.into().number())];
        let outcome = self.run("touch", "mg", key.as_ref(), None, &flags);
        outcome.await?.is_done()
    }

    /// Adds to a number, which is stored as decimal digits; beyond `u64::MAX` it
    /// starts again at 0. `None` if there is no such item.
    ///
    /// # Errors
    ///
    /// Those of [all operations](Client#errors);
    /// [`Client`](crate::ErrorKind::Client) if the value is no number.
    pub async fn incr(&self, key: impl AsRef<[u8]>, delta: u64) -> Result<Option<u64>> {
        let flags = [Flag::Bare(b'v'), Flag::Number(b'D', delta)];
        let outcome = self.run("incr", "ma", key.as_ref(), None, &flags);
        number(&outcome.await?)
    }

    /// Subtracts from a number, down to 0. `None` if there is no such item.
    ///
    /// # Errors
    ///
    /// As [`incr`](Client::incr).
    pub async fn decr(&self, key: impl AsRef<[u8]>, delta: u64) -> Result<Option<u64>> {
        let down = Flag::Mode(b'D');
        let flags = [Flag::Bare(b'v'), Flag::Number(b'D', delta), down];
        let outcome = self.run("decr", "ma", key.as_ref(), None, &flags);
        number(&outcome.await?)
    }

    /// Adds to a number, or stores `initial` with an expiry if there is none.
    ///
    /// # Errors
    ///
    /// As [`incr`](Client::incr).
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

/// The number that an arithmetic command answers.
fn number(outcome: &Outcome<'_>) -> Result<Option<u64>> {
    if outcome.code() == Code::Missing {
        return Ok(None);
    }
    // One that has become shorter may have blanks after it.
    let digits = str::from_utf8(&outcome.value).map(str::trim_end);
    match digits.map(str::parse) {
        Ok(Ok(number)) => Ok(Some(number)),
        _ => Err(outcome.unexpected()),
    }
}

/// How a value is stored, and until when.
fn store_flags(mode: u8, expiry: Expiry) -> [Flag; 2] {
    [Flag::Mode(mode), Flag::expiry(expiry.number())]
}
