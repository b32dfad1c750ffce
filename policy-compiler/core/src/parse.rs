//! Parses source files into documents. Never fails: what cannot be read is a finding, and its
//! kind is remembered, so that it is not taken for missing.

mod characters;
mod chunk;
mod fault;
mod grammar;
mod layout;
mod listed;
mod members;
mod misplaced;
mod shape;
mod star;
mod stray;
mod texts;
mod value;

use std::collections::BTreeSet;

use fyr_policy_source::{
    At, Decision, List, OrganisationFile, Rule, Service, Span, TimetableFile, UnitsFile,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub use self::listed::Listed;
pub(crate) use self::members::missing_of as missing_fields;
pub use self::value::day_meant;
use crate::code::Code;
use crate::finding::{Diagnostic, Diagnostics, Document, Role};
use crate::source::{FileId, MAX_FILE_BYTES, MAX_FILES, Place, SourceFile, Sources};

/// Every document of a policy directory, in the order of paths.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// The kinds of which a document could not be read, or not wholly.
    pub unread: Unread,
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
    /// `timetable.yaml`.
    pub timetable: Option<InFile<TimetableFile>>,
    /// `lists/*.yaml`, with what the files that they name list.
    pub lists: Vec<Listed>,
}

/// A document with the file it stands in.
#[derive(Debug, Clone)]
pub struct InFile<T> {
    /// The file.
    pub file: FileId,
    /// How many bytes of the file stand before the document.
    pub start: usize,
    /// The document.
    pub document: T,
}

impl<T> InFile<T> {
    /// The place of something written in the document.
    pub fn place<U>(&self, written: &At<U>) -> Place {
        Place {
            file: self.file,
            span: Span {
                start: self.start + written.span.start,
                length: written.span.length,
            },
        }
    }
}

/// What a path says a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// `fyr.yaml`.
    Organisation,
    /// `units.yaml`.
    Units,
    /// `decisions/*.yaml`.
    Decision,
    /// `rules/*.yaml`.
    Rule,
    /// `services/*.yaml`.
    Service,
    /// `timetable.yaml`.
    Timetable,
    /// `lists/*.yaml`, and the files that they name.
    List,
}

/// The kinds of documents of which one was written and could not be read, or not wholly.
///
/// All conclusions from something being absent (a name that no document has, a bypass
/// that no rule speaks of) is concluded only where all that might hold it has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread(BTreeSet<DocumentKind>);

impl Unread {
    /// Remembers that something of this kind could not be read.
    pub(crate) fn add(&mut self, kind: DocumentKind) {
        self.0.insert(kind);
    }

    /// Whether everything of these kinds has been read.
    pub(crate) fn has_all(&self, kinds: &[DocumentKind]) -> bool {
        kinds.iter().all(|kind| !self.0.contains(kind))
    }
}

/// The directories and files of the language, as findings name them.
const PLACES: [&str; 7] = [
    "fyr.yaml",
    "units.yaml",
    "timetable.yaml",
    "decisions",
    "rules",
    "services",
    "lists",
];

/// Parses every file.
pub fn parse(sources: &Sources, findings: &mut Diagnostics) -> Documents {
    let (mut documents, mut lists) = (Documents::default(), Vec::new());
    let mut misplaced = Vec::new();
    for (id, file) in sources.files().take(MAX_FILES) {
        let Some(kind) = DocumentKind::of(&file.path) else {
            misplaced.push((id, file));
            continue;
        };
        if file.text.len() > MAX_FILE_BYTES {
            documents.unread.add(kind);
            findings.push(fault::too_large(id, file));
            continue;
        }
        let deceiving = characters::check(id, file);
        let is_text = deceiving
            .iter()
            .all(|finding| finding.code() != Code::NotText);
        findings.extend(deceiving);
        if is_text {
            documents.read_file(kind, id, file, &mut lists, findings);
        } else {
            documents.unread.add(kind);
        }
    }
    let (reported, unread) = misplaced::check(&misplaced);
    findings.extend(reported);
    for kind in unread {
        documents.unread.add(kind);
    }
    findings.extend(stray::check(sources));
    let all_are_read = documents.unread.has_all(&[DocumentKind::List]);
    texts::check(&documents, &lists, findings);
    documents.lists = listed::read_lists(lists, sources, all_are_read, findings);
    documents
}

impl DocumentKind {
    fn of(path: &str) -> Option<Self> {
        let (directory, name) = path.split_once('/').unwrap_or(("", path));
        let stem = name.strip_suffix(".yaml")?;
        match (directory, stem) {
            ("", "fyr") => Some(Self::Organisation),
            ("", "units") => Some(Self::Units),
            ("", "timetable") => Some(Self::Timetable),
            ("decisions", _) => Some(Self::Decision),
            ("rules", _) => Some(Self::Rule),
            ("services", _) => Some(Self::Service),
            ("lists", _) => Some(Self::List),
            _ => None,
        }
    }
}

impl Documents {
    fn read_file(
        &mut self,
        kind: DocumentKind,
        file: FileId,
        source: &SourceFile,
        lists: &mut Vec<InFile<List>>,
        findings: &mut Diagnostics,
    ) {
        let read = match kind {
            DocumentKind::Organisation => read_one(file, source, &mut self.organisation),
            DocumentKind::Units => read_one(file, source, &mut self.units),
            DocumentKind::Decision => read_all(file, source, &mut self.decisions),
            DocumentKind::Rule => read_all(file, source, &mut self.rules),
            DocumentKind::Service => read_all(file, source, &mut self.services),
            DocumentKind::Timetable => read_one(file, source, &mut self.timetable),
            DocumentKind::List => read_all(file, source, lists),
        };
        let is_empty = |finding: &Diagnostic| finding.code() == Code::EmptyFile;
        if (kind == DocumentKind::Organisation || kind == DocumentKind::Units)
            && read.iter().any(is_empty)
        {
            findings.push(fault::says_nothing(file, source));
            self.unread.add(kind);
            return;
        }
        if read.iter().any(Diagnostic::is_error) {
            self.unread.add(kind);
        }
        if read
            .iter()
            .any(|finding| finding.code() == Code::MisplacedFile)
        {
            // A document among others of another kind is one of these.
            self.unread.add(DocumentKind::Decision);
            self.unread.add(DocumentKind::Rule);
            self.unread.add(DocumentKind::Service);
        }
        findings.extend(read);
    }
}

/// Reads a file of one document.
fn read_one<T: DeserializeOwned + JsonSchema>(
    file: FileId,
    source: &SourceFile,
    document: &mut Option<InFile<T>>,
) -> Vec<Diagnostic> {
    let mut documents = Vec::new();
    let mut findings = read_all(file, source, &mut documents);
    let mut documents = documents.into_iter();
    *document = documents.next();
    findings.extend(
        documents
            .next()
            .map(|second| fault::second(file, source, second.start)),
    );
    findings
}

/// Reads the documents of one file; what is wrong with one is not the others' fault.
fn read_all<T: DeserializeOwned + JsonSchema>(
    file: FileId,
    source: &SourceFile,
    documents: &mut Vec<InFile<T>>,
) -> Vec<Diagnostic> {
    let chunks = match chunk::split(file, &source.text) {
        Ok(chunks) => chunks,
        Err(place) => return vec![fault::too_many_documents(place)],
    };
    let before = documents.len();
    let mut findings = Vec::new();
    for chunk in &chunks {
        match chunk.read() {
            Ok(read) => documents.extend(read.into_iter().map(|document| InFile {
                file,
                start: chunk.start,
                document,
            })),
            Err(error) => findings.extend(members::faults::<T>(chunk, &error)),
        }
    }
    if findings.is_empty() && documents.len() == before {
        findings.push(
            Diagnostic::of(Document::Empty {
                path: source.path.clone(),
            })
            .at(file.start(), Role::Nothing),
        );
    }
    findings
}
