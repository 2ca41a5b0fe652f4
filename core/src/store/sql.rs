//! Small translations between SQLite values and the engine's types.

use rusqlite::types::Type;
use rusqlite::{Connection, Row};

use super::StoreError;

/// Runs a statement that is always the same: one of those about transactions.
pub(crate) fn run(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// A column that holds a byte newtype.
pub(crate) fn blob<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: for<'a> TryFrom<&'a [u8], Error = crate::bytes::WrongLength>,
{
    let value = row.get_ref(index)?;
    let bytes = value.as_blob().map_err(|_| {
        rusqlite::Error::InvalidColumnType(index, "bytes".to_owned(), value.data_type())
    })?;
    T::try_from(bytes)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(index, Type::Blob, Box::new(e)))
}

/// A column that holds a byte newtype or nothing.
pub(crate) fn opt_blob<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>>
where
    T: for<'a> TryFrom<&'a [u8], Error = crate::bytes::WrongLength>,
{
    if row.get_ref(index)?.data_type() == Type::Null {
        return Ok(None);
    }
    blob(row, index).map(Some)
}

/// A column that holds text as a type that can be read from text.
pub(crate) fn parsed<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: core::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.get_ref(index)?
        .as_str()
        .map_err(|_| rusqlite::Error::InvalidColumnType(index, "text".to_owned(), Type::Null))?
        .parse()
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(e)))
}

/// Runs `work` so that its failure undoes only what it did, inside a transaction.
pub(crate) fn savepoint<T, E: From<StoreError>>(
    conn: &Connection,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    run(conn, "SAVEPOINT part")?;
    let result = work();
    if result.is_err() {
        run(conn, "ROLLBACK TO part")?;
    }
    run(conn, "RELEASE part")?;
    result
}
