//! Reading columns, and running statements over many rows.

use std::sync::Arc;

use futures::TryStreamExt;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    Row, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use sync_core::{Side, ids::Millis, item::Field};
use uuid::Uuid;

use super::sql::{self, Multi};
use crate::error::{Error, at, bad_row};

/// A statement with its values.
pub(super) type Bound = Query<'static, Sqlite, SqliteArguments>;

/// One row of one table, read column by column from the left.
pub(super) struct Columns<'r> {
    table: &'static str,
    row: &'r SqliteRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) const fn new(table: &'static str, row: &'r SqliteRow) -> Self {
        Columns {
            table,
            row,
            next: 0,
        }
    }

    fn get<T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>>(&mut self) -> Result<T, Error> {
        let index = self.next;
        self.next += 1;
        self.row
            .try_get(index)
            .map_err(|error| bad_row(self.table)(error.into()))
    }

    pub(super) fn uuid(&mut self) -> Result<Uuid, Error> {
        self.get()
    }
    pub(super) fn maybe_uuid(&mut self) -> Result<Option<Uuid>, Error> {
        self.get()
    }
    /// 32 bytes, or none.
    pub(super) fn maybe_hash(&mut self) -> Result<Option<[u8; 32]>, Error> {
        let bytes: Option<&[u8]> = self.get()?;
        let hash = bytes.map(<[u8; 32]>::try_from).transpose();
        hash.map_err(|error| bad_row(self.table)(error.into()))
    }
    /// 32 bytes.
    pub(super) fn hash(&mut self) -> Result<[u8; 32], Error> {
        let hash = self.maybe_hash()?;
        hash.ok_or_else(|| bad_row(self.table)("a hash is missing".into()))
    }
    pub(super) fn str(&mut self) -> Result<&'r str, Error> {
        self.get()
    }
    pub(super) fn maybe_str(&mut self) -> Result<Option<&'r str>, Error> {
        self.get()
    }
    pub(super) fn text(&mut self) -> Result<Arc<str>, Error> {
        self.str().map(Arc::from)
    }
    pub(super) fn maybe_text(&mut self) -> Result<Option<Arc<str>>, Error> {
        Ok(self.maybe_str()?.map(Arc::from))
    }
    pub(super) fn int(&mut self) -> Result<i64, Error> {
        self.get()
    }
    pub(super) fn maybe_int(&mut self) -> Result<Option<i64>, Error> {
        self.get()
    }
    pub(super) fn flag(&mut self) -> Result<bool, Error> {
        Ok(self.int()? != 0)
    }
    pub(super) fn millis(&mut self) -> Result<Millis, Error> {
        self.int().map(Millis)
    }
    pub(super) fn maybe_millis(&mut self) -> Result<Option<Millis>, Error> {
        Ok(self.maybe_int()?.map(Millis))
    }
    /// A number of a smaller type.
    pub(super) fn small<T: TryFrom<i64, Error: Into<Box<dyn std::error::Error + Send + Sync>>>>(
        &mut self,
    ) -> Result<T, Error> {
        let value = self.int()?;
        T::try_from(value).map_err(|error| bad_row(self.table)(error.into()))
    }
    /// A number of a smaller type, or none.
    pub(super) fn maybe_small<
        T: TryFrom<i64, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    >(
        &mut self,
    ) -> Result<Option<T>, Error> {
        let value = self.maybe_int()?.map(T::try_from).transpose();
        value.map_err(|error| bad_row(self.table)(error.into()))
    }
    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        let text = self.str()?;
        self.parse_json(text)
    }
    pub(super) fn maybe_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        self.maybe_str()?
            .map(|text| self.parse_json(text))
            .transpose()
    }
    /// A word of a closed list.
    pub(super) fn word<T: Copy>(
        &mut self,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, Error> {
        let word = self.str()?;
        self.known(word, all, name)
    }
    pub(super) fn side(&mut self) -> Result<Side, Error> {
        self.word(&Side::ALL, Side::as_str)
    }
    pub(super) fn maybe_side(&mut self) -> Result<Option<Side>, Error> {
        self.maybe_str()?
            .map(|word| self.known(word, &Side::ALL, Side::as_str))
            .transpose()
    }
    pub(super) fn field(&mut self) -> Result<Field, Error> {
        self.word(&Field::ALL, Field::as_str)
    }
    /// A field, or none where the column is NULL or empty.
    pub(super) fn maybe_field(&mut self) -> Result<Option<Field>, Error> {
        let word = self.maybe_str()?.filter(|word| !word.is_empty());
        word.map(|word| self.known(word, &Field::ALL, Field::as_str))
            .transpose()
    }

    fn known<T: Copy>(
        &self,
        word: &str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, Error> {
        let known = all.iter().copied().find(|one| name(*one) == word);
        known.ok_or_else(|| bad_row(self.table)(format!("unknown word `{word}`").into()))
    }
    fn parse_json<T: DeserializeOwned>(&self, text: &str) -> Result<T, Error> {
        serde_json::from_str(text).map_err(|error| bad_row(self.table)(error.into()))
    }
}

/// A row that is one number.
pub(super) fn number(row: &mut Columns<'_>) -> Result<i64, Error> {
    row.int()
}

/// A row that is one id.
pub(super) fn id(row: &mut Columns<'_>) -> Result<Uuid, Error> {
    row.uuid()
}

/// A row that is one count.
pub(super) fn count(row: &mut Columns<'_>) -> Result<u64, Error> {
    row.small()
}

/// Reads all rows of a statement, one at a time.
pub(super) async fn all<T>(
    conn: &mut SqliteConnection,
    table: &'static str,
    query: Bound,
    decode: impl Fn(&mut Columns<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    let mut rows = query.fetch(conn);
    while let Some(row) = rows.try_next().await.map_err(at(table))? {
        found.push(decode(&mut Columns::new(table, &row))?);
    }
    Ok(found)
}

/// Reads at most one row.
pub(super) async fn one<T>(
    conn: &mut SqliteConnection,
    table: &'static str,
    query: Bound,
    decode: impl Fn(&mut Columns<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let row = query.fetch_optional(conn).await.map_err(at(table))?;
    row.map(|row| decode(&mut Columns::new(table, &row)))
        .transpose()
}

/// Runs one statement; gives the number of rows it changed.
pub(super) async fn run(
    conn: &mut SqliteConnection,
    op: &'static str,
    query: Bound,
) -> Result<u64, Error> {
    Ok(query.execute(conn).await.map_err(at(op))?.rows_affected())
}

/// Runs a multi-row statement over `rows` in chunks; `bind` adds the values of one row.
pub(super) async fn put<R>(
    conn: &mut SqliteConnection,
    op: &'static str,
    statement: &'static Multi,
    rows: &[R],
    bind: impl Fn(Bound, &R) -> Result<Bound, Error>,
) -> Result<u64, Error> {
    let mut changed = 0;
    for chunk in sql::chunks(rows) {
        let mut query = sqlx::query(statement.text(chunk.len()));
        for row in chunk {
            query = bind(query, row)?;
        }
        changed += run(conn, op, query).await?;
    }
    Ok(changed)
}

/// Reads the rows of an `IN` statement over `keys`, in chunks.
pub(super) async fn among<K, T>(
    conn: &mut SqliteConnection,
    table: &'static str,
    statement: &'static Multi,
    keys: &[K],
    bind: impl Fn(Bound, &K) -> Bound,
    decode: impl Fn(&mut Columns<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in sql::chunks(keys) {
        let query = chunk
            .iter()
            .fold(sqlx::query(statement.text(chunk.len())), &bind);
        found.extend(all(conn, table, query, &decode).await?);
    }
    Ok(found)
}

/// A value as JSON text.
pub(super) fn json(table: &'static str, value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Encode {
        table,
        source: error.into(),
    })
}
