//! What was published, revision by revision, so that a report of an old revision can be compared
//! with it. Only the revisions in which a group got another bundle are rows.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use fyr_schemas::{ControlId, GroupId, PeriodId, Revision};

use crate::edition::{Edition, ReportedControls};
use crate::judge::Published;
use crate::publication::Publication;

/// Remembers a publication. One that is remembered already changes nothing.
///
/// A revision below the newest means that an older repository was put in place: what was remembered
/// above it is not published any more.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    publication: &Publication,
) -> Result<(), Error> {
    let revision = number(publication.revision);
    for statement in [
        "DELETE FROM publication WHERE revision > ?",
        "DELETE FROM edition WHERE revision > ?",
        "INSERT INTO publication (revision) VALUES (?) ON CONFLICT DO NOTHING",
    ] {
        sqlx::query(statement)
            .bind(revision)
            .execute(&mut *connection)
            .await?;
    }
    let mut known = newest_digests(connection).await?;
    let mut changed = Vec::new();
    for (group, published) in &publication.groups {
        let digest = known.remove(group.as_str()).flatten();
        if digest.as_deref() != Some(published.edition.digest.as_str()) {
            changed.push((group, &published.edition));
        }
    }
    // Groups share what they report. A set is named and interned once for each place in memory that has it.
    let place = |edition: &Edition| Arc::as_ptr(&edition.controls).addr();
    let sets: HashMap<usize, &ReportedControls> = changed
        .iter()
        .map(|(_, edition)| (place(edition), &*edition.controls))
        .collect();
    name(connection, sets.into_values()).await?;
    let mut numbers = HashMap::new();
    for (group, edition) in changed {
        let controls = match numbers.entry(place(edition)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(intern(connection, &edition.controls).await?),
        };
        let bundle = (edition.digest.as_str(), controls);
        put(connection, group.as_str(), revision, Some(bundle)).await?;
    }
    // What is left has no bundle any more.
    for (group, digest) in known {
        if digest.is_some() {
            put(connection, &group, revision, None).await?;
        }
    }
    Ok(())
}

/// The newest digest of each group; none where it has no bundle any more.
async fn newest_digests(
    connection: &mut SqliteConnection,
) -> Result<HashMap<String, Option<String>>, Error> {
    // `max` makes SQLite take the other columns from the same row.
    let rows: Vec<(String, Option<Vec<u8>>, i64)> = sqlx::query_as(
        "SELECT device_group, digest, max(revision) FROM edition GROUP BY device_group",
    )
    .fetch_all(&mut *connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(group, digest, _)| (group, digest.map(hex::encode)))
        .collect())
}

async fn put(
    connection: &mut SqliteConnection,
    group: &str,
    revision: i64,
    bundle: Option<(&str, i64)>,
) -> Result<(), Error> {
    let digest = bundle
        .map(|(digest, _)| hex::decode(digest))
        .transpose()
        .map_err(|error| Error::Encode(error.into()))?;
    sqlx::query(
        "INSERT INTO edition (device_group, revision, digest, controls) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET digest = excluded.digest, controls = excluded.controls",
    )
    .bind(group)
    .bind(revision)
    .bind(digest)
    .bind(bundle.map(|(_, controls)| controls))
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// Lets reports name the controls and periods of these sets from now on.
async fn name(
    connection: &mut SqliteConnection,
    sets: impl Iterator<Item = &ReportedControls>,
) -> Result<(), Error> {
    let (mut controls, mut periods) = (BTreeSet::new(), BTreeSet::new());
    for set in sets {
        controls.extend(set.all());
        periods.extend(set.periods().into_iter().flatten());
    }
    for (statement, names) in [
        (
            "INSERT INTO control (id) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
            json(&controls)?,
        ),
        (
            "INSERT INTO period (id) SELECT value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
            json(&periods)?,
        ),
    ] {
        sqlx::query(statement)
            .bind(names)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// The number of a set of controls.
async fn intern(
    connection: &mut SqliteConnection,
    controls: &ReportedControls,
) -> Result<i64, Error> {
    let body = json(controls)?;
    sqlx::query("INSERT INTO reported_controls (body) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(&body)
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar("SELECT number FROM reported_controls WHERE body = ?")
        .bind(&body)
        .fetch_one(&mut *connection)
        .await
}

/// What was published for a group in a revision.
pub(super) async fn published(
    connection: &mut SqliteConnection,
    group: &GroupId,
    revision: Revision,
) -> Result<Published, Error> {
    let (is_read, newest): (bool, Option<i64>) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM publication WHERE revision = ?),
                (SELECT max(revision) FROM publication)",
    )
    .bind(number(revision))
    .fetch_one(&mut *connection)
    .await?;
    if newest.is_none_or(|newest| newest < number(revision)) {
        return Ok(Published::NotYet);
    }
    if !is_read {
        return Ok(Published::NotRead);
    }
    let edition = edition(connection, group, number(revision)).await?;
    Ok(edition.map_or(Published::NoBundle, Published::Bundle))
}

/// The newest bundle of a group.
pub(super) async fn newest(
    connection: &mut SqliteConnection,
    group: &GroupId,
) -> Result<Option<Edition>, Error> {
    edition(connection, group, i64::MAX).await
}

async fn edition(
    connection: &mut SqliteConnection,
    group: &GroupId,
    revision: i64,
) -> Result<Option<Edition>, Error> {
    let row: Option<(Option<Vec<u8>>, Option<String>)> = sqlx::query_as(
        "SELECT edition.digest, reported_controls.body
         FROM edition LEFT JOIN reported_controls ON reported_controls.number = edition.controls
         WHERE device_group = ? AND revision <= ? ORDER BY revision DESC LIMIT 1",
    )
    .bind(group.as_str())
    .bind(revision)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((Some(digest), Some(body))) = row else {
        return Ok(None);
    };
    Ok(Some(Edition {
        digest: hex::encode(digest).parse().map_err(undecodable)?,
        controls: Arc::new(serde_json::from_str(&body).map_err(undecodable)?),
    }))
}

/// The numbers of those controls that some bundle ever named.
pub(super) async fn controls(
    connection: &mut SqliteConnection,
    named: &BTreeSet<&ControlId>,
) -> Result<HashMap<ControlId, i64>, Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT id, number FROM control WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(json(named)?)
    .fetch_all(&mut *connection)
    .await?;
    rows.into_iter()
        .map(|(id, number)| Ok((id.parse().map_err(undecodable)?, number)))
        .collect()
}

/// Those periods that some bundle ever named.
pub(super) async fn periods(
    connection: &mut SqliteConnection,
    named: &BTreeSet<&PeriodId>,
) -> Result<BTreeSet<PeriodId>, Error> {
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT id FROM period WHERE id IN (SELECT value FROM json_each(?))")
            .bind(json(named)?)
            .fetch_all(&mut *connection)
            .await?;
    rows.into_iter()
        .map(|id| id.parse().map_err(undecodable))
        .collect()
}

fn json(names: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(names).map_err(|error| Error::Encode(error.into()))
}

fn undecodable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Decode(error.into())
}

fn number(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}
