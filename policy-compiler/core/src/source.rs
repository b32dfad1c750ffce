//! The files of a policy directory: source text with places in it, and the lists beside it.

mod list_file;

use std::fmt;

use fyr_policy_source::{At, Span};

pub use self::list_file::ListFile;

/// The most files a policy directory may hold.
pub const MAX_FILES: usize = 10_000;
/// The most bytes one file may hold.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// The most bytes one file of a list may hold.
pub const MAX_LIST_BYTES: usize = 64 * 1024 * 1024;
/// The most bytes that the files of all lists may hold together.
pub const MAX_LISTS_BYTES: usize = 256 * 1024 * 1024;

/// Every file of one policy directory, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<SourceFile>,
    lists: Vec<ListFile>,
    passed_over: Vec<String>,
}

/// One file, as the caller read it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// Its path below the policy directory, with `/` between names.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A source file among [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(usize);

/// A stretch of one source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The stretch.
    pub span: Span,
}

impl Sources {
    /// Takes the files in any order.
    pub fn new(mut files: Vec<SourceFile>, mut lists: Vec<ListFile>) -> Self {
        files.sort();
        lists.sort();
        Self {
            files,
            lists,
            passed_over: Vec::new(),
        }
    }

    /// The same, with the paths of files that lie beside them and were not read.
    #[must_use]
    pub fn beside(mut self, mut passed_over: Vec<String>) -> Self {
        passed_over.sort();
        self.passed_over = passed_over;
        self
    }

    /// The path of every file that lies beside them and was not read, sorted.
    pub fn passed_over(&self) -> impl Iterator<Item = &str> {
        self.passed_over.iter().map(String::as_str)
    }

    /// Whether the file at a path of a policy directory belongs to a list.
    pub fn is_list(path: &str) -> bool {
        let is_yaml = [".yaml", ".yml"].iter().any(|end| path.ends_with(end));
        path.starts_with("lists/") && !is_yaml
    }

    /// Every file of a list, sorted by path.
    pub fn lists(&self) -> &[ListFile] {
        &self.lists
    }

    /// Every source file, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId(index), file))
    }

    /// The file that an id of these sources names.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0)
    }

    /// Where a place is, as editors count: lines and columns from 1.
    pub fn position(&self, place: Place) -> Position<'_> {
        let (path, text) = self
            .file(place.file)
            .map_or(("", ""), |file| (file.path.as_str(), file.text.as_str()));
        let before = text.get(..place.span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            path,
            line: before.matches('\n').count() + 1,
            column: before
                .get(line_start..)
                .map_or(0, |line| line.chars().count())
                + 1,
        }
    }
}

impl<T: Into<String>, U: Into<String>> FromIterator<(T, U)> for Sources {
    fn from_iter<I: IntoIterator<Item = (T, U)>>(files: I) -> Self {
        let (mut sources, mut lists) = (Vec::new(), Vec::new());
        for (path, text) in files {
            let (path, text) = (path.into(), text.into());
            if Self::is_list(&path) {
                let bytes = text.into_bytes();
                lists.push(ListFile::new(path, bytes));
            } else {
                sources.push(SourceFile { path, text });
            }
        }
        Self::new(sources, lists)
    }
}

impl FileId {
    /// The place of something written in this file.
    pub fn place<T>(self, written: &At<T>) -> Place {
        Place {
            file: self,
            span: written.span,
        }
    }

    /// The first byte of this file.
    pub fn start(self) -> Place {
        Place {
            file: self,
            span: Span::default(),
        }
    }
}

/// A place as editors show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Position<'a> {
    /// The file's path below the policy directory.
    pub path: &'a str,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_characters_and_lines_from_one() {
        let sources: Sources = [("a.yaml", "x: å\nø: y\n")].into_iter().collect();
        let (file, _) = sources.files().next().expect("one file");
        let place = |start| Place {
            file,
            span: Span { start, length: 1 },
        };
        assert_eq!(sources.position(place(0)).to_string(), "a.yaml:1:1");
        assert_eq!(sources.position(place(10)).to_string(), "a.yaml:2:4");
    }
}
