//! Keeps the bytes of bundles in a temporary file without a name, which the system removes with the
//! program.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;

/// Texts in a temporary file, by name.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    /// Where each text begins, and its length.
    places: HashMap<String, (u64, usize)>,
    end: u64,
}

impl Spool {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            places: HashMap::new(),
            end: 0,
        })
    }

    pub(crate) fn add(&mut self, name: String, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.places.insert(name, (self.end, bytes.len()));
        self.end = self.end.saturating_add(bytes.len() as u64);
        Ok(())
    }

    pub(crate) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let (from, length) = self.places.get(name).ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; *length];
        self.file.read_exact_at(&mut bytes, *from)?;
        Ok(bytes)
    }
}
