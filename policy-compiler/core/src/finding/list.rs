//! Findings about lists and categories.

use fyr_schemas::CategoryId;
use serde::Serialize;

use crate::code::Code;
use crate::lists::Dropped;

/// A finding about a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "finding",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum List {
    /// A category has no sites.
    Empty {
        /// The category.
        category: CategoryId,
        /// Why not.
        why: EmptyList,
    },
    /// A file of a category is missing.
    MissingFile {
        /// Its path below `lists/`, as it is written.
        path: String,
        /// What was probably meant.
        meant: FileMeant,
    },
    /// A file of a list is too large.
    TooLarge {
        /// Its path.
        path: String,
        /// The most that is allowed, in MiB.
        most: usize,
    },
    /// A file below `lists/` that no category names.
    Unnamed {
        /// Its path below `lists/`.
        path: String,
    },
    /// The files of a category have another digest than the reviewed one.
    Changed {
        /// The category.
        category: CategoryId,
        /// Their digest.
        digest: String,
    },
    /// Much of a list is not part of the category.
    MuchDropped {
        /// The category.
        category: CategoryId,
        /// How many entries there are.
        entries: usize,
        /// How many were dropped.
        dropped: usize,
        /// Why most of them were.
        mostly: Mostly,
    },
}

/// Why a category has no sites.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum EmptyList {
    /// It names no files.
    NoFiles,
    /// Its files are empty.
    EmptyFiles,
    /// All entries of its files were dropped.
    AllDropped {
        /// How many.
        entries: usize,
    },
}

/// What was probably meant by a path of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileMeant {
    /// This path: it was written with `lists/` before it.
    Below(String),
    /// This path, which is written almost alike.
    Near(String),
    /// None is near.
    Unclear,
}

/// The most frequent reason for which entries were dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mostly {
    /// The reason.
    pub reason: Dropped,
    /// How many entries it is true of.
    pub count: usize,
    /// The path of the first one.
    pub path: String,
    /// The line of the first one, from 1.
    pub line: usize,
}

impl List {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Empty { .. } => Code::EmptyCategory,
            Self::MissingFile { .. } => Code::MissingListFile,
            Self::TooLarge { .. } => Code::TooMuch,
            Self::Unnamed { .. } => Code::UnnamedListFile,
            Self::Changed { .. } => Code::ListChanged,
            Self::MuchDropped { .. } => Code::MuchDropped,
        }
    }
}
