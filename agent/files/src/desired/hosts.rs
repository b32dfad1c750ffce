//! Our block in the hosts file: names that resolve to one address on the whole device, and names
//! that resolve to none.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use fyr_schemas::bundle::Bundle;
use fyr_schemas::{Digest, HostName};
use fyr_trust::Hasher;

pub use self::names::{List, clashes};
use crate::action::HostsContent;
use crate::actual::hosts::{BlockFound, HostsFile};
use crate::marker::{BEGIN, END, TAG};

/// The address of names that are closed: it never answers.
const NOWHERE: &str = "0.0.0.0";

/// The names that a bundle gives an address: [`Bundle::hosts`].
pub type Pins = BTreeMap<HostName, IpAddr>;

/// What our block is to say, by its digest: the text itself may be long.
#[derive(Debug, Clone)]
pub struct Block {
    written: Hasher,
    length: u64,
}

impl Block {
    /// The block of a bundle's pins and of the lists that it closes.
    ///
    /// # Errors
    /// Those of the lists.
    pub fn gather<I, E>(pins: &Pins, lists: Vec<List<'_, I>>) -> Result<Self, E>
    where
        I: Iterator<Item = Result<String, E>>,
    {
        let mut block = Self {
            written: Hasher::default(),
            length: 0,
        };
        write(pins, lists, |line| {
            block.written.update(line);
            block.length = block.length.saturating_add(line.len() as u64);
            Ok(())
        })?;
        Ok(block)
    }

    /// SHA-256 of the block alone.
    pub fn digest(&self) -> Digest {
        self.written.clone().digest()
    }

    /// The whole file: our block first, because the first entry of a name wins, then every line
    /// that is not ours.
    pub fn before(&self, unmanaged: Vec<u8>) -> HostsContent {
        let mut written = self.written.clone();
        written.update(&unmanaged);
        HostsContent {
            digest: written.digest(),
            length: self.length.saturating_add(unmanaged.len() as u64),
            unmanaged,
        }
    }
}

/// Writes our block line by line, or nothing where there are neither pins nor lists. A pin wins over
/// a list that closes its name.
///
/// # Errors
/// Those of the lists and of `out`.
pub fn write<I, E>(
    pins: &Pins,
    lists: Vec<List<'_, I>>,
    mut out: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E>
where
    I: Iterator<Item = Result<String, E>>,
{
    if pins.is_empty() && lists.is_empty() {
        return Ok(());
    }
    let mut line = Vec::new();
    let mut end = |text: &mut Vec<u8>, tag: &[u8]| {
        text.extend_from_slice(tag);
        text.push(b'\n');
        let reported = out(text);
        text.clear();
        reported
    };
    end(&mut line, BEGIN)?;
    for (name, address) in pins {
        line.extend_from_slice(format!("{address} {name}").as_bytes());
        end(&mut line, TAG)?;
    }
    let pinned: BTreeSet<&str> = pins.keys().map(HostName::as_str).collect();
    names::for_each(lists, |name| {
        if pinned.contains(name) {
            return Ok(());
        }
        for text in [NOWHERE, " ", name] {
            line.extend_from_slice(text.as_bytes());
        }
        end(&mut line, TAG)
    })?;
    end(&mut line, END)
}

/// Every line of a file that is not ours, byte for byte.
pub fn unmanaged(bundle: &Bundle, found: &HostsFile) -> Vec<u8> {
    if is_cut_off(bundle, found) {
        return found.unmanaged.clone();
    }
    [found.unmanaged.as_slice(), &found.unended].concat()
}

/// Whether a file that was truncated within our block ends in what is left of a line of ours.
fn is_cut_off(bundle: &Bundle, found: &HostsFile) -> bool {
    let rest = found.unended.as_slice();
    match found.block {
        // Nothing else stands there: it was cut within the first line.
        BlockFound::None => found.unmanaged.is_empty() && BEGIN.starts_with(rest),
        BlockFound::Open => {
            let mut pins = bundle.hosts.iter();
            END.starts_with(rest)
                || is_left_of_closed(rest)
                || pins.any(|(name, address)| {
                    let pin = format!("{address} {name}");
                    [pin.as_bytes(), TAG].concat().starts_with(rest)
                })
        }
        BlockFound::Ended => false,
    }
}

/// Whether `rest` is how a line begins that closes a name. Which names were closed when it was
/// written is not known.
fn is_left_of_closed(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(NOWHERE.as_bytes()) else {
        return NOWHERE.as_bytes().starts_with(rest);
    };
    let Some(name) = rest.strip_prefix(b" ") else {
        return rest.is_empty();
    };
    let of_name =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(byte);
    let length = name.iter().take_while(|byte| of_name(byte)).count();
    let (_, tag) = name.split_at(length);
    TAG.starts_with(tag)
}

/// Names that unmanaged lines lead somewhere: those that a list may close.
pub fn led_elsewhere(unmanaged: &[u8]) -> BTreeSet<HostName> {
    entries(unmanaged)
        .filter(|(_, address)| !is_nowhere(*address))
        .map(|(name, _)| name)
        .collect()
}

/// Our names that an unmanaged line gives another address. A resolver that merges all entries of
/// a name (glibc's does) may then answer with the unmanaged one.
pub fn contradicted(bundle: &Bundle, unmanaged: &[u8]) -> BTreeSet<String> {
    entries(unmanaged)
        .filter(|(name, address)| bundle.hosts.get(name).is_some_and(|own| own != address))
        .map(|(name, _)| name.to_string())
        .collect()
}

/// Every name in the lines of a hosts file, with the address that it is given.
fn entries(file: &[u8]) -> impl Iterator<Item = (HostName, IpAddr)> {
    let lines = file.split(|byte| *byte == b'\n');
    lines.flat_map(|line| {
        let text = String::from_utf8_lossy(line);
        let entry = text.split('#').next().unwrap_or_default();
        let mut words = entry.split_whitespace();
        let address: Option<IpAddr> = words.next().and_then(|word| word.parse().ok());
        let names: Vec<(HostName, IpAddr)> = words
            .filter_map(|word| Some((word.to_ascii_lowercase().parse().ok()?, address?)))
            .collect();
        names
    })
}

/// Whether an address leads to this device only, as those in other people's block lists do.
fn is_nowhere(address: IpAddr) -> bool {
    address.is_unspecified() || address.is_loopback()
}

#[cfg(test)]
mod tests;
