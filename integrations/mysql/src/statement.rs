use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use mysql_common::packets::Column;
use mysql_common::params::Params;
use mysql_common::value::Value;

use crate::{Error, Result};

/// A prepared statement of a connection; see [`Queryable::prep`](crate::Queryable::prep).
///
/// Clones share the same statement. The server closes it some time after the last one is dropped.
#[derive(Clone)]
pub struct Statement(Arc<Inner>);

struct Inner {
    id: u32,
    session: u64,
    params: u16,
    /// The names of the parameters, in the order of the statement; empty for `?`.
    names: Vec<Vec<u8>>,
    columns: Arc<[Column]>,
}

impl Statement {
    pub(crate) fn new(
        id: u32,
        session: u64,
        params: u16,
        names: Vec<Vec<u8>>,
        columns: Vec<Column>,
    ) -> Self {
        Statement(Arc::new(Inner {
            id,
            session,
            params,
            names,
            columns: columns.into(),
        }))
    }

    /// Returns the columns of its result, as far as they are known before execution.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.0.columns
    }

    /// Returns the number of parameters; a name that occurs twice counts twice.
    #[must_use]
    pub fn num_params(&self) -> u16 {
        self.0.params
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id
    }

    pub(crate) fn session(&self) -> u64 {
        self.0.session
    }

    /// Returns the values of the parameters in the order of the statement.
    pub(crate) fn values(&self, params: Params) -> Result<Vec<Value>> {
        let names = Some(&*self.0.names).filter(|names| !names.is_empty());
        let values = params.into_values(names)?;
        if values.len() != usize::from(self.0.params) {
            return Err(Error::usage(format!(
                "the statement has {} parameters, but {} were given",
                self.0.params,
                values.len()
            )));
        }
        Ok(values)
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("id", &self.0.id)
            .field("params", &self.0.params)
            .finish_non_exhaustive()
    }
}

/// What [`exec`](crate::Queryable::exec) and the like accept: a [`Statement`], or the text of one,
/// which is prepared or taken from the connection's cache.
pub trait StatementLike: Send + Sync + sealed::Sealed {
    #[doc(hidden)]
    fn source(&self) -> Source<'_>;
}

#[doc(hidden)]
#[derive(Debug)]
pub enum Source<'a> {
    Text(&'a str),
    Prepared(&'a Statement),
}

impl StatementLike for Statement {
    fn source(&self) -> Source<'_> {
        Source::Prepared(self)
    }
}

impl<T: StatementLike> StatementLike for &T {
    fn source(&self) -> Source<'_> {
        (**self).source()
    }
}

macro_rules! text {
    ($($type:ty),*) => {
        $(impl StatementLike for $type {
            fn source(&self) -> Source<'_> {
                Source::Text(self)
            }
        })*
    };
}

text!(&str, String, Cow<'_, str>);

mod sealed {
    use std::borrow::Cow;

    pub trait Sealed {}
    impl Sealed for super::Statement {}
    impl Sealed for &str {}
    impl Sealed for String {}
    impl Sealed for Cow<'_, str> {}
    impl<T: Sealed> Sealed for &T {}
}

/// The cached statements of a connection, and those to close.
pub(crate) struct Statements {
    kept: Option<LruCache<Box<str>, Statement>>,
    /// In use elsewhere, or not closed yet.
    retired: Vec<Statement>,
}

impl Statements {
    pub(crate) fn new(capacity: usize) -> Self {
        Statements {
            kept: NonZeroUsize::new(capacity).map(LruCache::new),
            retired: Vec::new(),
        }
    }

    pub(crate) fn get(&mut self, text: &str) -> Option<Statement> {
        self.kept.as_mut()?.get(text).cloned()
    }

    pub(crate) fn keep(&mut self, text: &str, statement: &Statement) {
        let out = match &mut self.kept {
            Some(kept) => kept.push(text.into(), statement.clone()),
            None => Some((text.into(), statement.clone())),
        };
        self.retired.extend(out.map(|(_, statement)| statement));
    }

    pub(crate) fn close(&mut self, statement: Statement) {
        if let Some(kept) = &mut self.kept {
            let same = kept.iter().find(|(_, kept)| kept.id() == statement.id());
            if let Some(text) = same.map(|(text, _)| text.clone()) {
                kept.pop(&text);
            }
        }
        // A second copy would make it look as if it were still in use.
        if self.retired.iter().all(|it| it.id() != statement.id()) {
            self.retired.push(statement);
        }
    }

    /// Returns the retired statements that are not in use any more.
    pub(crate) fn take_unused(&mut self) -> Vec<Statement> {
        if self.retired.is_empty() {
            return Vec::new();
        }
        let (unused, used) = std::mem::take(&mut self.retired)
            .into_iter()
            .partition(|statement| Arc::strong_count(&statement.0) == 1);
        self.retired = used;
        unused
    }

    /// Forgets all statements, since the server has closed them.
    pub(crate) fn clear(&mut self) {
        self.retired.clear();
        if let Some(kept) = &mut self.kept {
            kept.clear();
        }
    }
}
