//! python-tuf, an independent client, believes what we publish and refuses what a
//! device of ours refuses.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fyr_tests::child;
use fyr_tests::municipality::Municipality;
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

#[test]
fn python_tuf_believes_what_is_published_and_every_revision_after_it() -> Result<()> {
    let (peer, municipality) = at_revision_one()?;
    municipality.forger()?.stamp(|_| Ok(()))?;
    assert_eq!(
        peer.refresh(&municipality)?,
        Verdict::Believed { revision: 1 }
    );
    publish_second_revision(&municipality)?;
    assert_eq!(
        peer.refresh(&municipality)?,
        Verdict::Believed { revision: 2 }
    );
    Ok(())
}

#[test]
fn python_tuf_refuses_a_flipped_byte_in_every_document() -> Result<()> {
    let (_, municipality) = at_revision_one()?;
    for (document, refusal) in [
        ("metadata/timestamp.json", "UnsignedMetadataError"),
        ("metadata/1.snapshot.json", "LengthOrHashMismatchError"),
        ("metadata/1.targets.json", "LengthOrHashMismatchError"),
        ("targets/bundles", "LengthOrHashMismatchError"),
    ] {
        let path = municipality.repository().join(document);
        let path = if path.is_dir() {
            the_bundle(&path)?
        } else {
            path
        };
        let sound = fs::read(&path)?;
        fs::write(&path, flipped(&sound)?)?;
        assert_eq!(
            Peer::new()?.refresh(&municipality)?,
            Verdict::refused(refusal),
            "{document}"
        );
        fs::write(&path, sound)?;
    }
    Ok(())
}

#[test]
fn python_tuf_refuses_an_older_revision() -> Result<()> {
    let (peer, municipality) = at_revision_one()?;
    let timestamp = municipality.repository().join("metadata/timestamp.json");
    let old = fs::read(&timestamp)?;
    publish_second_revision(&municipality)?;
    peer.refresh(&municipality)?;
    fs::write(&timestamp, old)?;
    assert_eq!(
        peer.refresh(&municipality)?,
        Verdict::refused("BadVersionNumberError")
    );
    Ok(())
}

#[test]
fn python_tuf_refuses_an_expired_timestamp() -> Result<()> {
    let (peer, municipality) = at_revision_one()?;
    municipality.forger()?.stamp(|timestamp| {
        let expires = timestamp.get_mut("expires").context("a role expires")?;
        *expires = json!("2026-01-01T00:00:00Z");
        Ok(())
    })?;
    assert_eq!(
        peer.refresh(&municipality)?,
        Verdict::refused("ExpiredMetadataError")
    );
    Ok(())
}

/// A municipality that published once, and a peer that believes it.
fn at_revision_one() -> Result<(Peer, Municipality)> {
    let municipality = Municipality::like("ballerup")?;
    municipality.publish()?;
    let peer = Peer::new()?;
    assert_eq!(
        peer.refresh(&municipality)?,
        Verdict::Believed { revision: 1 }
    );
    Ok((peer, municipality))
}

/// Publishes a policy that says something else.
fn publish_second_revision(municipality: &Municipality) -> Result<()> {
    municipality.close("second-revision.example")?;
    municipality.publish()
}

/// python-tuf, with what it remembers between two refreshes.
struct Peer {
    python: PathBuf,
    state: TempDir,
}

/// What python-tuf says of a repository.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Verdict {
    Believed { revision: u64 },
    Refused { refused: String },
}

impl Verdict {
    fn refused(exception: &str) -> Self {
        Self::Refused {
            refused: exception.to_owned(),
        }
    }
}

impl Peer {
    fn new() -> Result<Self> {
        let python = workspace()?.join("target/python/bin/python");
        ensure!(
            python.exists(),
            "`{}` is missing: run `make setup`, which installs python-tuf",
            python.display()
        );
        Ok(Self {
            python,
            state: tempfile::tempdir()?,
        })
    }

    fn refresh(&self, municipality: &Municipality) -> Result<Verdict> {
        let repository = municipality.repository();
        let bundle = the_bundle(&repository.join("targets/bundles"))?;
        let name = bundle.file_name().and_then(|name| name.to_str());
        let (_, group) = name
            .and_then(|name| name.split_once('.'))
            .context("a bundle is named by its digest and its group")?;
        let script = workspace()?.join("tests/python/tuf_peer.py");
        let arguments = [
            script.into_os_string(),
            repository.into(),
            self.state.path().into(),
            format!("bundles/{group}").into(),
        ];
        let answer = child::run(&self.python, arguments)?.success()?;
        serde_json::from_str(&answer).with_context(|| format!("python-tuf answered `{answer}`"))
    }
}

/// The first bundle by name, whichever that is.
fn the_bundle(directory: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
    let first = entries.into_iter().map(|entry| entry.path()).min();
    first.context("no bundle is published")
}

/// One bit is another one, and the document is as well-formed as before: metadata would live
/// for ten more years, and a bundle has one other letter.
fn flipped(sound: &[u8]) -> Result<Vec<u8>> {
    let expires = b"\"expires\":\"20";
    let decade = sound
        .windows(expires.len())
        .position(|window| window == expires)
        .map(|start| start + expires.len());
    let letter = sound.iter().position(u8::is_ascii_lowercase);
    let place = decade.or(letter).context("a document has a letter")?;
    let mut bytes = sound.to_vec();
    *bytes.get_mut(place).context("a place in the document")? ^= 1;
    Ok(bytes)
}

fn workspace() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the tests live in the workspace")
}
