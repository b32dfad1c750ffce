//! Findings as a SARIF 2.1.0 log, the form in which code review takes them.
//!
//! The members are those of the OASIS standard that a review tool needs; what a finding means
//! and how to repair it goes with each rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use fyr_policy_core::finding::{Finding, Mark, Role};
use fyr_policy_core::source::Place;
use fyr_policy_core::{
    Code, Diagnostic, Label, Language, Position, Severity, Sources, Wording, word, wording,
};
use fyr_schemas::GroupId;
use serde::Serialize;
use url::Url;

use super::Findings;

/// A run of `fyr check` as a log of one run.
#[derive(Serialize)]
pub(super) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    /// Columns count characters, as every message of this command does.
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: Level,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: &'static str,
    rule_index: usize,
    level: Level,
    message: Text,
    locations: Vec<Location>,
    related_locations: Vec<Location>,
    partial_fingerprints: Fingerprints,
    properties: Properties,
}

/// The facts of a finding, as fields.
#[derive(Serialize)]
struct Properties {
    data: Finding,
    /// Why the finding shows at each of its places, in the order of the related locations.
    roles: Vec<Role>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    groups: BTreeSet<GroupId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    physical: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// What a finding keeps when lines above it change.
#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "fyrFinding/v1")]
    finding: String,
}

/// The log of what was found.
pub(super) fn log(findings: &Findings<'_>) -> io::Result<Log> {
    let base = Base::of(findings.directory)?;
    let mut seen = BTreeMap::new();
    let each = findings.shown().flat_map(in_single_places);
    let results = each.map(|finding| {
        let (finding, words) = (&finding, word(&finding, Language::English));
        let place = |label: &Label| base.location(findings.sources, label.place);
        let mut locations: Vec<Location> = words.labels.iter().take(1).map(place).collect();
        if locations.is_empty() {
            // A file that is missing has no place, and a reviewer is shown none without one.
            locations.push(base.file("fyr.yaml", None));
        }
        let related = words.labels.iter().enumerate().map(|(id, label)| Location {
            id: Some(id),
            message: Some(text(&label.text)),
            ..place(label)
        });
        Outcome {
            rule_id: finding.code().as_str(),
            rule_index: Code::ALL
                .iter()
                .position(|code| *code == finding.code())
                .unwrap_or(0),
            level: level(finding.code()),
            message: text(&in_one_text(&words)),
            locations,
            related_locations: related.collect(),
            partial_fingerprints: fingerprints(finding, findings.sources, &mut seen),
            properties: Properties {
                data: finding.finding.clone(),
                roles: finding
                    .places
                    .iter()
                    .map(|mark| mark.role.clone())
                    .collect(),
                groups: finding.groups.clone(),
            },
        }
    });
    Ok(Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "fyr",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: Code::ALL.iter().copied().map(rule).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: results.collect(),
        }],
    })
}

/// A finding for each of its places, where it says the same of all: a reviewer is shown the first
/// place of a finding alone, and may have changed another.
fn in_single_places(finding: &Diagnostic) -> Vec<Diagnostic> {
    let first = finding.places.first().map(|mark| &mark.role);
    let is_alike = finding.places.iter().all(|mark| Some(&mark.role) == first);
    if !is_alike || finding.places.len() < 2 {
        return vec![finding.clone()];
    }
    let single = |mark: &Mark| Diagnostic {
        places: vec![mark.clone()],
        ..finding.clone()
    };
    finding.places.iter().map(single).collect()
}

fn rule(code: Code) -> Rule {
    let meaning = wording::meaning(code, Language::English);
    Rule {
        id: code.as_str(),
        name: format!("{code:?}"),
        short_description: text(meaning.title),
        full_description: text(meaning.text),
        help: Help {
            text: format!("{}\n\nfyr explain {code}", meaning.text),
            markdown: format!("{}\n\n`fyr explain {code}` shows an example.", meaning.text),
        },
        default_configuration: Configuration { level: level(code) },
    }
}

fn level(code: Code) -> Level {
    match code.severity() {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
    }
}

fn text(text: &str) -> Text {
    Text {
        text: text.to_owned(),
    }
}

/// A reviewer sees the message alone, so it points to the other places and says what to do.
fn in_one_text(words: &Wording) -> String {
    let mut text = escaped(&words.message);
    for (id, label) in words.labels.iter().enumerate().skip(1) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[{}]({id})", escaped(&label.text));
    }
    let _ = write!(text, "\n{}", escaped(&words.help));
    text
}

/// Brackets make a link in a message of SARIF.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('[', r"\[")
        .replace(']', r"\]")
}

/// Of what was found in which file, and for the how many'th time.
fn fingerprints(
    finding: &Diagnostic,
    sources: &Sources,
    seen: &mut BTreeMap<String, usize>,
) -> Fingerprints {
    let place = finding.places.first();
    let place = place.map(|mark| sources.position(mark.place));
    let path = place.map_or("", |place| place.path);
    let said = format!("{}\n{path}\n{:?}", finding.code(), finding.finding);
    let times = seen.entry(said.clone()).or_default();
    *times += 1;
    Fingerprints {
        finding: fyr_trust::digest(format!("{said}\n{times}").as_bytes()).to_string(),
    }
}

/// What the paths of the policy's files follow.
struct Base {
    /// The policy directory as seen from where the command is run, or from the root.
    directory: PathBuf,
    /// Whether it lies below where the command is run, as it does in a repository.
    lies: Lies,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lies {
    Below,
    Elsewhere,
}

impl Base {
    fn of(directory: &Path) -> io::Result<Self> {
        let here = std::env::current_dir()?.canonicalize()?;
        let directory = directory.canonicalize()?;
        Ok(match directory.strip_prefix(&here) {
            Ok(below) => Self {
                directory: below.to_owned(),
                lies: Lies::Below,
            },
            Err(_) => Self {
                directory,
                lies: Lies::Elsewhere,
            },
        })
    }

    fn location(&self, sources: &Sources, place: Place) -> Location {
        let start = sources.position(place);
        let end = sources.position(Place {
            span: place.span.end(),
            ..place
        });
        self.file(start.path, Some(region(start, end)))
    }

    fn file(&self, path: &str, region: Option<Region>) -> Location {
        let uri_base_id = match self.lies {
            Lies::Below => Some("%SRCROOT%"),
            Lies::Elsewhere => None,
        };
        Location {
            id: None,
            physical: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: self.uri(path),
                    uri_base_id,
                },
                region,
            },
            message: None,
        }
    }

    /// A relative reference, or a `file:` address for what lies elsewhere.
    fn uri(&self, path: &str) -> String {
        let from_root = Path::new("/").join(&self.directory).join(path);
        let address =
            Url::from_file_path(from_root).map_or_else(|()| path.to_owned(), String::from);
        match self.lies {
            Lies::Below => address.trim_start_matches("file:///").to_owned(),
            Lies::Elsewhere => address,
        }
    }
}

fn region(start: Position<'_>, end: Position<'_>) -> Region {
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
