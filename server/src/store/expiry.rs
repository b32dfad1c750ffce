//! Deletes reports that are kept no longer, in slices, and gives their room back to the file system.

use jiff::Timestamp;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

/// How many reports are deleted at once: a few milliseconds, in which other writes wait.
const SLICE: i64 = 500;

/// How many pages of 4 KiB are given back at once.
const PAGES: u32 = 500;

/// Whether a slice left something for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Another slice is due.
    Some,
    /// Nothing is left.
    None,
}

/// Deletes one slice of the reports that came before a moment.
pub(super) async fn slice(
    connection: &mut SqliteConnection,
    before: Timestamp,
) -> Result<Rest, Error> {
    let deleted = sqlx::query(
        "DELETE FROM report WHERE rowid IN
         (SELECT rowid FROM report WHERE received < ? LIMIT ?)",
    )
    .bind(before.as_millisecond())
    .bind(SLICE)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if deleted == SLICE.unsigned_abs() {
        return Ok(Rest::Some);
    }
    let free: i64 = sqlx::query_scalar("PRAGMA freelist_count")
        .fetch_one(&mut *connection)
        .await?;
    if free == 0 {
        return Ok(Rest::None);
    }
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "PRAGMA incremental_vacuum({PAGES})"
    )))
    .fetch_all(&mut *connection)
    .await?;
    if free > i64::from(PAGES) {
        return Ok(Rest::Some);
    }
    // The file itself shrinks when the write-ahead log is moved into it.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_all(&mut *connection)
        .await?;
    Ok(Rest::None)
}
