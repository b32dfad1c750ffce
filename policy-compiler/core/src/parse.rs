//! Parses source files into documents. Never fails: what cannot be read is a finding.

mod fault;

use fyr_schemas::policy::{At, Decision, OrganisationFile, Rule, Service, UnitsFile};
use serde::de::DeserializeOwned;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, MAX_FILE_BYTES, MAX_FILES, Place, SourceFile, Sources};

/// Every document of a policy directory, in the order of paths.
#[derive(Debug, Default)]
pub struct Documents {
    /// `fyr.yaml`.
    pub organisation: Option<InFile<OrganisationFile>>,
    /// `units.yaml`.
    pub units: Option<InFile<UnitsFile>>,
    /// `decisions/*.yaml`.
    pub decisions: Vec<InFile<Decision>>,
    /// `rules/*.yaml`.
    pub rules: Vec<InFile<Rule>>,
    /// `services/*.yaml`.
    pub services: Vec<InFile<Service>>,
}

/// A document with the file it stands in.
#[derive(Debug, Clone)]
pub struct InFile<T> {
    /// The file.
    pub file: FileId,
    /// The document.
    pub document: T,
}

impl<T> InFile<T> {
    /// The place of something written in the document.
    pub fn place<U>(&self, written: &At<U>) -> Place {
        self.file.place(written)
    }
}

/// What a path says a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Organisation,
    Units,
    Decisions,
    Rules,
    Services,
}

/// The directories and files of the language, as findings name them.
const PLACES: [&str; 5] = ["fyr.yaml", "units.yaml", "decisions", "rules", "services"];

/// Parses every file.
pub fn parse(sources: &Sources, findings: &mut Diagnostics) -> Documents {
    let mut documents = Documents::default();
    for (id, file) in sources.files().take(MAX_FILES) {
        let Some(kind) = kind_of(&file.path) else {
            findings.push(fault::misplaced(id, file));
            continue;
        };
        if file.text.len() > MAX_FILE_BYTES {
            findings.push(fault::too_large(id, file));
            continue;
        }
        match kind {
            FileKind::Organisation => documents.organisation = read_all(id, file, findings).pop(),
            FileKind::Units => documents.units = read_all(id, file, findings).pop(),
            FileKind::Decisions => documents.decisions.extend(read_all(id, file, findings)),
            FileKind::Rules => documents.rules.extend(read_all(id, file, findings)),
            FileKind::Services => documents.services.extend(read_all(id, file, findings)),
        }
    }
    documents
}

fn kind_of(path: &str) -> Option<FileKind> {
    let (directory, name) = path.split_once('/').unwrap_or(("", path));
    let stem = name.strip_suffix(".yaml")?;
    match (directory, stem) {
        ("", "fyr") => Some(FileKind::Organisation),
        ("", "units") => Some(FileKind::Units),
        ("decisions", _) => Some(FileKind::Decisions),
        ("rules", _) => Some(FileKind::Rules),
        ("services", _) => Some(FileKind::Services),
        _ => None,
    }
}

/// Reads the documents of one file; a file with a fault yields none of them.
fn read_all<T: DeserializeOwned>(
    file: FileId,
    source: &SourceFile,
    findings: &mut Diagnostics,
) -> Vec<InFile<T>> {
    // A policy is written for people: nothing in it needs anchors, merges or deep nesting.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_aliases: 0,
            max_anchors: 0,
            max_merge_keys: 0,
            max_depth: 16,
            flow_nesting_limit: 32,
            max_documents: 1_000,
            max_nodes: 100_000,
            max_events: 400_000,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        reject_tagged_field_names: true,
        with_snippet: false,
    };
    match serde_saphyr::from_multiple_with_options::<T>(&source.text, options) {
        Ok(documents) if documents.is_empty() => {
            findings.push(
                Diagnostic::new(Code::EmptyFile, format!("`{}` is empty", source.path))
                    .at(file.start(), "nothing is written here"),
            );
            Vec::new()
        }
        Ok(documents) => documents
            .into_iter()
            .map(|document| InFile { file, document })
            .collect(),
        Err(error) => {
            findings.push(fault::unreadable(file, source, &error));
            Vec::new()
        }
    }
}
