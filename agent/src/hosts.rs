//! The hosts file, which lists may make long: read and written piece by piece, and read again only
//! when it changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};

use fyr_agent_files::action::HostsContent;
use fyr_agent_files::actual::FileContent;
use fyr_agent_files::actual::hosts::{HostsFile, Reading};
use fyr_agent_files::desired::hosts::{self, Block, List, Pins, clashes, led_elsewhere};
use fyr_schemas::bundle::{Bundle, ClosedList};
use fyr_schemas::{CategoryId, HostName};
use fyr_trust::Hasher;
use rustix::fs::Stat;
use rustix::io::Errno;
use tracing::warn;

use crate::atomic::{Text, errno_of};
use crate::clock;
use crate::stamp::Stamp;
use crate::store::lists::{ListError, Lists, Names};

/// The longest hosts file that is read.
const LIMIT: u64 = 512 * 1024 * 1024;
/// How much of it is in memory at once.
const PIECE: usize = 64 * 1024;
/// Unmanaged lines of more bytes than this are read again each time.
const MOST_REMEMBERED: usize = 64 * 1024;

/// What is known of the hosts file, and of what it is to say.
#[derive(Debug)]
pub(crate) struct Hosts {
    lists: Lists,
    /// The server of this device: no list may cut it off.
    spared: Option<HostName>,
    pins: Pins,
    closed: BTreeMap<CategoryId, ClosedList>,
    /// Absent before a policy, and while a list is missing or damaged.
    block: Option<Block>,
    seen: Option<Seen>,
}

/// The file as it was read last, and what shows that it has not changed since.
#[derive(Debug)]
struct Seen {
    stamp: Stamp,
    file: HostsFile,
}

impl Hosts {
    /// What is known before the first policy.
    pub(crate) fn new(lists: Lists, server: &str) -> Self {
        Self {
            lists,
            spared: crate::client::host_of(server),
            pins: Pins::new(),
            closed: BTreeMap::new(),
            block: None,
            seen: None,
        }
    }

    /// The lists of the device.
    pub(crate) fn lists(&mut self) -> &mut Lists {
        &mut self.lists
    }

    /// What the hosts file is to say; absent while a list is missing or damaged.
    pub(crate) fn block(&self) -> Option<&Block> {
        self.block.as_ref()
    }

    /// Takes a bundle as what the hosts file is to say. Nothing is read where nothing changed.
    pub(crate) fn aim_at(&mut self, bundle: &Bundle) {
        let is_known = self.pins == bundle.hosts && self.closed == bundle.closed;
        if is_known && self.block.is_some() {
            return;
        }
        self.pins.clone_from(&bundle.hosts);
        self.closed.clone_from(&bundle.closed);
        self.gather();
    }

    /// Reads the lists again: what was written from them failed.
    pub(crate) fn gather(&mut self) {
        self.seen = None;
        let gathered = self
            .closed_lists()
            .and_then(|lists| Block::gather(&self.pins, lists));
        self.block = match gathered {
            Ok(block) => Some(block),
            Err(error) => {
                warn!("{}", crate::chain_in_words(&error));
                self.lists.doubt();
                None
            }
        };
    }

    fn closed_lists(&self) -> Result<Vec<List<'_, Names<'_>>>, ListError> {
        let spared = self.spared.as_ref();
        let closed = self.closed.iter();
        closed
            .map(|(category, list)| self.lists.list(category, list, spared))
            .collect()
    }

    /// Reads the file, whose state is `stat`, unless it is known.
    pub(crate) fn read(&mut self, file: &mut File, stat: &Stat) -> Result<FileContent, Errno> {
        let stamp = Stamp::of(stat);
        if let Some(seen) = self.seen.as_ref().filter(|seen| seen.stamp == stamp) {
            return Ok(FileContent::Hosts(seen.file.clone()));
        }
        self.seen = None;
        let Some(mut found) = read(file)? else {
            return Ok(FileContent::TooLong);
        };
        let names = led_elsewhere(&found.unmanaged);
        if !names.is_empty() {
            let compared = self.closed_lists().and_then(|lists| clashes(&names, lists));
            // A list that cannot be read is an obstacle of its own.
            found.clashes = compared.unwrap_or_default();
        }
        let after = rustix::fs::fstat(&*file)?;
        if stamp == Stamp::of(&after)
            && stamp.is_settled(clock::read().system)
            && found.unmanaged.len() <= MOST_REMEMBERED
        {
            let file = found.clone();
            self.seen = Some(Seen { stamp, file });
        }
        Ok(FileContent::Hosts(found))
    }
}

fn read(file: &mut File) -> Result<Option<HostsFile>, Errno> {
    let mut reading = Reading::default();
    let mut piece = vec![0; PIECE];
    let mut length = 0_u64;
    loop {
        let read = file.read(&mut piece).map_err(|error| errno_of(&error))?;
        let bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(Some(reading.finish()));
        }
        length = length.saturating_add(read as u64);
        if length > LIMIT || reading.feed(bytes).is_err() {
            return Ok(None);
        }
    }
}

/// A whole hosts file that is written from the lists, and is what was planned or nothing.
pub(crate) struct HostsText<'a> {
    pub(crate) hosts: &'a Hosts,
    pub(crate) content: &'a HostsContent,
}

impl Text for HostsText<'_> {
    fn write_to(&self, file: &mut dyn Write) -> io::Result<()> {
        let mut file = BufWriter::with_capacity(PIECE, file);
        let mut written = Hasher::default();
        let mut put = |bytes: &[u8]| {
            written.update(bytes);
            file.write_all(bytes).map_err(ListError::Write)
        };
        let lists = self.hosts.closed_lists();
        lists
            .and_then(|lists| hosts::write(&self.hosts.pins, lists, &mut put))
            .and_then(|()| put(&self.content.unmanaged))
            .map_err(|error| match error {
                ListError::Write(source) => source,
                ListError::Read { .. } | ListError::Damaged(..) => io::Error::other(error),
            })?;
        file.flush()?;
        if written.digest() != self.content.digest {
            return Err(io::Error::other("a list changed while it was written"));
        }
        Ok(())
    }
}
