//! A hosts file as it was found: what is not ours byte for byte, and what is ours by its digest
//! alone, because lists make it long.

use std::collections::{BTreeMap, BTreeSet};

use fyr_schemas::{CategoryId, Digest, HostName};
use fyr_trust::Hasher;

use crate::marker::{BEGIN, END, is_ours};

/// The most bytes of unmanaged lines that are read: a block list of a user reaches some megabytes.
pub const MOST_UNMANAGED: usize = 32 * 1024 * 1024;

/// Closed names that unmanaged lines lead elsewhere, each with the lists that close it.
pub type Clashes = BTreeMap<HostName, BTreeSet<CategoryId>>;

/// A hosts file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostsFile {
    /// SHA-256 of all its bytes.
    pub digest: Digest,
    /// How many there are.
    pub length: u64,
    /// What stands there of our block.
    pub block: BlockFound,
    /// Every other line, byte for byte.
    pub unmanaged: Vec<u8>,
    /// A last line that ends in nothing, above which our block was not ended: what is left of a
    /// line of ours, or an unmanaged one.
    pub unended: Vec<u8>,
    /// The closed names among the unmanaged lines.
    pub clashes: Clashes,
}

/// What stands of our block in a hosts file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockFound {
    /// Not a line.
    None,
    /// Some of it, without its end.
    Open,
    /// Some of it, with its end.
    Ended,
}

/// The file is longer than the agent reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// Reads a hosts file piece by piece.
#[derive(Debug)]
pub struct Reading {
    hasher: Hasher,
    length: u64,
    block: BlockFound,
    unmanaged: Vec<u8>,
    /// The begin of a line whose end is still to come.
    begun: Vec<u8>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            hasher: Hasher::default(),
            length: 0,
            block: BlockFound::None,
            unmanaged: Vec::new(),
            begun: Vec::new(),
        }
    }
}

impl Reading {
    /// Takes in the next bytes, wherever lines begin and end in them.
    ///
    /// # Errors
    /// [`TooLong`]
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        self.hasher.update(bytes);
        self.length = self.length.saturating_add(bytes.len() as u64);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if !piece.ends_with(b"\n") {
                self.begun.extend_from_slice(piece);
            } else if self.begun.is_empty() {
                self.line(piece);
            } else {
                let mut line = std::mem::take(&mut self.begun);
                line.extend_from_slice(piece);
                self.line(&line);
            }
            if self.unmanaged.len().saturating_add(self.begun.len()) > MOST_UNMANAGED {
                return Err(TooLong);
            }
        }
        Ok(())
    }

    /// The file, whose unmanaged lines are not compared with the lists yet.
    pub fn finish(mut self) -> HostsFile {
        let mut unended = std::mem::take(&mut self.begun);
        if is_ours(&unended) || self.block == BlockFound::Ended {
            self.line(&std::mem::take(&mut unended));
        }
        HostsFile {
            digest: self.hasher.digest(),
            length: self.length,
            block: self.block,
            unmanaged: self.unmanaged,
            unended,
            clashes: Clashes::new(),
        }
    }

    fn line(&mut self, line: &[u8]) {
        if !is_ours(line) {
            self.unmanaged.extend_from_slice(line);
        } else if line.trim_ascii_end() == END {
            self.block = BlockFound::Ended;
        } else if self.block == BlockFound::None || line.trim_ascii_end() == BEGIN {
            self.block = BlockFound::Open;
        }
    }
}

impl HostsFile {
    /// Reads a file that is at hand as a whole.
    ///
    /// # Errors
    /// [`TooLong`]
    pub fn read(bytes: &[u8]) -> Result<Self, TooLong> {
        let mut reading = Reading::default();
        reading.feed(bytes)?;
        Ok(reading.finish())
    }

    /// Whether any line of it is ours.
    pub fn holds_ours(&self) -> bool {
        self.block != BlockFound::None
    }
}
