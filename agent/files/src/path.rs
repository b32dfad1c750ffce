//! The only paths the agent writes: a closed set, with no way in for text from a bundle.

use std::fmt;
use std::path::PathBuf;

use fyr_schemas::report::Place;
use serde::Serialize;

use crate::products::facts;

/// How many set-aside things of one name are kept; the last is replaced after that.
pub const ASIDE_LIMIT: u8 = 16;

/// A path below the device's root that the agent may create, replace or remove.
///
/// INVARIANT: made from the tables of this crate and small numbers only, so for any text a bundle
/// holds, a plan cannot name a path outside the managed places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManagedPath {
    /// A directory on the way to a place's file, by how many components lie above and in it.
    Directory {
        /// Whose.
        place: Place,
        /// 1 is the directory right below the root.
        depth: usize,
    },
    /// The directory in which files are written before they are moved into place.
    Staging(Place),
    /// The file being written there.
    Staged(Place),
    /// The file in which the policy stands.
    File {
        /// Whose.
        place: Place,
        /// Under which of our names.
        name: OwnName,
    },
}

/// One of the names that Chromium policy files of ours carry: `fyr.json`, `~fyr.json`, ….
///
/// Among the files of a directory the one that sorts last wins, so each further `~` outranks more.
/// Shared files (Firefox, hosts) have one name only and carry [`OwnName::PLAIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct OwnName(u8);

impl OwnName {
    /// `fyr.json`.
    pub const PLAIN: Self = Self(0);

    const MOST_TILDES: u8 = 8;

    /// Every name, the lowest ranking first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=Self::MOST_TILDES).map(Self)
    }

    /// The name as it stands in the directory.
    pub fn file_name(self) -> String {
        format!("{}fyr.json", "~".repeat(usize::from(self.0)))
    }

    /// The name of ours that `file_name` is, if it is one.
    pub fn recognise(file_name: &[u8]) -> Option<Self> {
        Self::all().find(|own| own.file_name().as_bytes() == file_name)
    }

    /// Whether a browser lets a file of this name overrule one called `other`.
    pub fn outranks(self, other: &[u8]) -> bool {
        self.file_name().as_bytes() > other
    }
}

/// The components of the directory that holds a place's file, from the root down.
pub fn directories(place: Place) -> &'static [&'static str] {
    match place {
        Place::Chromium(product) | Place::Firefox(product) => facts(product).directories,
        Place::Hosts => &["etc"],
    }
}

/// The depth from which on directories are the agent's to repair; above it they are the system's.
pub fn first_own_depth(place: Place) -> usize {
    match place {
        // `…/policies/managed`
        Place::Chromium(_) => directories(place).len().saturating_sub(1),
        // `…/policies`
        Place::Firefox(_) => directories(place).len(),
        Place::Hosts => usize::MAX,
    }
}

impl ManagedPath {
    /// The place it belongs to.
    pub fn place(self) -> Place {
        match self {
            Self::Directory { place, .. }
            | Self::Staging(place)
            | Self::Staged(place)
            | Self::File { place, .. } => place,
        }
    }

    /// The names from the root down; the last is the thing itself.
    pub fn components(self) -> Vec<String> {
        let own = |name: &&str| (*name).to_owned();
        match self {
            Self::Directory { place, depth } => {
                directories(place).iter().take(depth).map(own).collect()
            }
            Self::Staging(place) => {
                let mut components: Vec<String> = staging_parent(place).iter().map(own).collect();
                components.push(".fyr".to_owned());
                components
            }
            Self::Staged(place) => {
                let mut components = Self::Staging(place).components();
                components.push("staged".to_owned());
                components
            }
            Self::File { place, name } => {
                let mut components: Vec<String> = directories(place).iter().map(own).collect();
                components.push(match place {
                    Place::Chromium(_) => name.file_name(),
                    Place::Firefox(_) => "policies.json".to_owned(),
                    Place::Hosts => "hosts".to_owned(),
                });
                components
            }
        }
    }

    /// The path relative to the device's root.
    pub fn relative(self) -> PathBuf {
        self.components().iter().collect()
    }
}

impl fmt::Display for ManagedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.components().join("/"))
    }
}

/// The name under which something that stood in our way is kept.
pub fn aside_name(name: &str, number: u8) -> String {
    format!("{name}.fyr-aside-{number}")
}

/// A Chromium browser reads every file in its directory, so staging lies beside it; the
/// other places have one file each, and staging in the same directory is the same file system.
fn staging_parent(place: Place) -> &'static [&'static str] {
    let directories = directories(place);
    match place {
        Place::Chromium(_) => directories.split_last().map_or(directories, |(_, up)| up),
        Place::Firefox(_) | Place::Hosts => directories,
    }
}

#[cfg(test)]
mod tests {
    use fyr_schemas::report::Product;

    use super::*;

    #[test]
    fn each_further_tilde_outranks_the_name_before() {
        let names: Vec<OwnName> = OwnName::all().collect();
        for pair in names.windows(2) {
            assert!(pair[1].outranks(pair[0].file_name().as_bytes()));
        }
        assert!(OwnName(1).outranks(b"zzz.json"));
        assert!(!OwnName(8).outranks("ø.json".as_bytes()));
    }

    #[test]
    fn paths_stand_where_the_vendors_read_them() {
        let chrome = Place::Chromium(Product::Chrome);
        let file = |place| {
            let name = OwnName::PLAIN;
            ManagedPath::File { place, name }.to_string()
        };
        assert_eq!(file(chrome), "/etc/opt/chrome/policies/managed/fyr.json");
        assert_eq!(
            file(Place::Firefox(Product::Firefox)),
            "/etc/firefox/policies/policies.json"
        );
        assert_eq!(file(Place::Hosts), "/etc/hosts");
        assert_eq!(
            ManagedPath::Staged(chrome).to_string(),
            "/etc/opt/chrome/policies/.fyr/staged"
        );
    }
}
