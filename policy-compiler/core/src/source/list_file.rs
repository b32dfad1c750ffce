//! A file of a list, and what it lists.

use std::cmp::Ordering;
use std::sync::OnceLock;

use crate::lists::{List, read};

/// A file of a list: each file below `lists/` that is no YAML. It is as others published it,
/// so it need not be text.
#[derive(Debug, Clone)]
pub struct ListFile {
    /// Its path below the policy directory, with `/` between names.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    // INVARIANT: what the content lists, if it was read.
    list: OnceLock<List>,
}

impl ListFile {
    /// A file with this path and content, not read yet.
    pub fn new(path: String, bytes: Vec<u8>) -> Self {
        Self {
            path,
            bytes,
            list: OnceLock::new(),
        }
    }

    /// What it lists. The first call reads it, which takes a while for a long one: who
    /// has several may ask them beside each other beforehand.
    pub fn list(&self) -> &List {
        self.list.get_or_init(|| read([self.bytes.as_slice()]))
    }
}

/// Files are what they are called and what they hold, read or not.
impl Ord for ListFile {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.path, &self.bytes).cmp(&(&other.path, &other.bytes))
    }
}

impl PartialOrd for ListFile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ListFile {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ListFile {}
