//! The lists of names that bundles close: what makes a text one, and the one that a bundle means.
//!
//! A bundle names a list by digest and length, and the bundle is signed; so whoever holds a
//! verified bundle is enough to distinguish the right text from a wrong one.

use std::collections::BTreeMap;

use fyr_schemas::bundle::{ClosedList, LONGEST_LISTS, list_target_name};
use fyr_schemas::{CategoryId, Digest, HostName};

use crate::chain::Chain;
use crate::error::VerifyError;
use crate::hasher::Hasher;

/// The lists that a document closes at some time, each with its category.
pub type Closed = Vec<(CategoryId, ClosedList)>;

/// The longest line of a list, with its line feed.
pub const LONGEST_LINE: usize = HostName::LONGEST + 1;

/// The text of a list that a verified bundle names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameList {
    digest: Digest,
    text: Vec<u8>,
}

impl NameList {
    /// Opens `text` as the list that a bundle names.
    // INVARIANT: the only constructor.
    pub(crate) fn open(
        category: &CategoryId,
        listed: &ClosedList,
        text: Vec<u8>,
    ) -> Result<Self, VerifyError> {
        // The digest comes first: what was damaged on the way is no fault of whoever signed.
        let digest = crate::digest(&text);
        if digest != listed.digest {
            return Err(mismatch(category, &digest, &listed.digest));
        }
        let mut check = ListCheck::new(category, listed);
        check.feed(&text)?;
        check.finish()?;
        Ok(Self { digest, text })
    }

    /// SHA-256 of the text.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The text: one name a line.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

/// Judges the text of a list while it is read, so that it never needs to be in memory as a whole.
/// It is the right one only once [`finish`](Self::finish) has said so; but no line that is not a
/// name ever passes.
#[derive(Debug)]
pub struct ListCheck<'a> {
    category: &'a CategoryId,
    listed: &'a ClosedList,
    hasher: Hasher,
    length: u64,
    names: u32,
    /// The name before this one.
    last: String,
    /// The begin of a line whose end is still to come.
    begun: Vec<u8>,
}

impl<'a> ListCheck<'a> {
    /// Begins with the list that a bundle names.
    pub fn new(category: &'a CategoryId, listed: &'a ClosedList) -> Self {
        Self {
            category,
            listed,
            hasher: Hasher::default(),
            length: 0,
            names: 0,
            last: String::new(),
            begun: Vec::new(),
        }
    }

    /// Takes in the next line with its line feed, and tells the name in it.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] where it is no line of a list, [`VerifyError::Integrity`] where
    /// the text is longer than it should be.
    pub fn line<'l>(&mut self, line: &'l [u8]) -> Result<&'l str, VerifyError> {
        self.hasher.update(line);
        self.length = self.length.saturating_add(line.len() as u64);
        if self.length > self.listed.length {
            let expected = self.listed.length;
            return Err(self.differs(&format!("it has more than {expected} bytes")));
        }
        let name = line
            .strip_suffix(b"\n")
            .and_then(|name| std::str::from_utf8(name).ok())
            .filter(|name| HostName::accepts(name))
            .ok_or_else(|| self.malformed("is not a host name"))?;
        if name <= self.last.as_str() {
            return Err(self.malformed("does not sort after the one before"));
        }
        self.last.clear();
        self.last.push_str(name);
        self.names = self.names.saturating_add(1);
        Ok(name)
    }

    /// Takes in the next bytes, wherever lines begin and end in them.
    ///
    /// # Errors
    /// Those of [`line`](Self::line).
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), VerifyError> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.begun.len().saturating_add(piece.len()) > LONGEST_LINE {
                return Err(self.malformed("is not a host name"));
            }
            if !piece.ends_with(b"\n") {
                self.begun.extend_from_slice(piece);
            } else if self.begun.is_empty() {
                self.line(piece)?;
            } else {
                let mut line = std::mem::take(&mut self.begun);
                line.extend_from_slice(piece);
                self.line(&line)?;
            }
        }
        Ok(())
    }

    /// Ends the text.
    ///
    /// # Errors
    /// [`VerifyError::Integrity`] where it is not the text that the bundle names.
    pub fn finish(mut self) -> Result<(), VerifyError> {
        if !self.begun.is_empty() {
            let line = std::mem::take(&mut self.begun);
            self.line(&line)?;
        }
        let (length, expected) = (self.length, self.listed.length);
        if length != expected {
            return Err(self.differs(&format!(
                "it has {length} bytes, the bundle says {expected}"
            )));
        }
        let (names, expected) = (self.names, self.listed.names);
        if names != expected {
            return Err(self.differs(&format!("it has {names} names, the bundle says {expected}")));
        }
        let digest = self.hasher.digest();
        if digest != self.listed.digest {
            return Err(mismatch(self.category, &digest, &self.listed.digest));
        }
        Ok(())
    }

    fn malformed(&self, fault: &str) -> VerifyError {
        let line = self.names.saturating_add(1);
        VerifyError::Malformed {
            document: list_target_name(self.category),
            source: format!("its line {line} {fault}").into(),
        }
    }

    fn differs(&self, how: &str) -> VerifyError {
        differs(self.category, how)
    }
}

/// Refuses a document whose lists are longer than a device takes, before any is fetched.
pub(crate) fn check_bounds(
    closed: &[(CategoryId, ClosedList)],
    document: &str,
) -> Result<(), VerifyError> {
    // Several categories may share a list.
    let lists: BTreeMap<_, _> = closed.iter().map(|(_, c)| (&c.digest, c.length)).collect();
    if lists.values().copied().fold(0, u64::saturating_add) > LONGEST_LISTS {
        return Err(VerifyError::TooLarge {
            document: format!("the lists of {document}"),
            limit: LONGEST_LISTS,
        });
    }
    Ok(())
}

/// Refuses a document whose lists are not those that the signed metadata lists beside it.
pub(crate) fn check_listed(
    closed: &[(CategoryId, ClosedList)],
    chain: &Chain,
) -> Result<(), VerifyError> {
    for (category, named) in closed {
        let listing = chain.listing(&list_target_name(category))?;
        if listing.digest != named.digest {
            return Err(mismatch(category, &listing.digest, &named.digest));
        }
        if listing.length != named.length {
            let (listed, named) = (listing.length, named.length);
            let how = format!("it is listed with {listed} bytes, the bundle says {named}");
            return Err(differs(category, &how));
        }
    }
    Ok(())
}

fn mismatch(category: &CategoryId, found: &Digest, named: &Digest) -> VerifyError {
    let how = format!("its SHA-256 is {found}, the bundle names {named}");
    differs(category, &how)
}

fn differs(category: &CategoryId, how: &str) -> VerifyError {
    VerifyError::Integrity {
        document: list_target_name(category),
        source: how.to_owned().into(),
    }
}
