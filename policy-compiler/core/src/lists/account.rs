//! What became of the lines of a list: how many say something, and why each other was dropped.

use std::collections::BTreeMap;

/// Why something that a list says is not in the category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dropped {
    /// It is listed already.
    Duplicate,
    /// It lies below a listed domain, or within a listed prefix.
    Covered,
    /// Strangers have their sites below it: `co.uk`, `github.io`.
    PublicSuffix,
    /// A name of one label is no site of the internet.
    SingleLabel,
    /// A name or an address of the machine itself or of the network around it.
    Local,
    /// A hosts line that leads a name somewhere else, rather than nowhere.
    Redirect,
    /// An exception: `@@`.
    Exception,
    /// It hides parts of pages.
    Cosmetic,
    /// It is about some requests of pages, not about visits: `$third-party`.
    SomeRequests,
    /// A pattern: `*` within a name, a regular expression, an end mark within a path.
    Pattern,
    /// Neither a domain, an address nor a URL prefix.
    Unreadable,
    /// Not UTF-8 text.
    NotText,
}

impl Dropped {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Duplicate,
        Self::Covered,
        Self::PublicSuffix,
        Self::SingleLabel,
        Self::Local,
        Self::Redirect,
        Self::Exception,
        Self::Cosmetic,
        Self::SomeRequests,
        Self::Pattern,
        Self::Unreadable,
        Self::NotText,
    ];
}

/// A line of one of the files that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placement {
    /// The number of the file, in the order they were given, from 0.
    pub file: usize,
    /// The number of the line, from 1.
    pub line: usize,
}

/// How often something was dropped for one reason, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many entries.
    pub count: usize,
    /// The first few of them.
    pub first: Vec<Placement>,
}

/// What became of everything that the files of a category say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// How many entries the files have: a hosts line has one for each of its names, a comment
    /// and an empty line have none. Each was kept or dropped.
    pub entries: usize,
    /// What was dropped, by its reason.
    pub dropped: BTreeMap<Dropped, Tally>,
}

impl Account {
    /// How many places are listed for each reason.
    pub const SHOWN: usize = 3;

    pub(super) fn drop(&mut self, reason: Dropped, place: Placement) {
        let tally = self.dropped.entry(reason).or_default();
        tally.count += 1;
        let at = tally.first.partition_point(|earlier| *earlier <= place);
        if at < Self::SHOWN {
            tally.first.insert(at, place);
            tally.first.truncate(Self::SHOWN);
        }
    }

    /// How many entries were dropped.
    pub fn dropped(&self) -> usize {
        self.dropped.values().map(|tally| tally.count).sum()
    }
}
