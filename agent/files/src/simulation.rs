//! A device made of plain data, on which plans are carried out in tests, with a browser that
//! reads policy from it by the vendor's rules.

use std::collections::{BTreeMap, BTreeSet};

use fyr_agent_core::product::place;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::{Place, Product};
use serde_json::Value;

use crate::action::{Content, FileTime, Step};
use crate::actual::hosts::HostsFile;
use crate::actual::{
    Actual, ActualPlace, DIRECTORY_MODE, DirectoryState, FILE_MODE, FIXED_TIME, FileContent,
    FileState, FoundDirectory, FoundFile, RegularFile, UnmanagedFile, UnmanagedPolicies,
};
use crate::desired::hosts::{clashes, led_elsewhere};
use crate::fixture::{lists, rendered};
use crate::path::{ManagedPath, OwnName, aside_name, directories};
use crate::plan::Plan;

/// The user that the agent is.
pub(crate) const OWNER: u32 = 0;

/// What stands at one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Directory { mode: u32 },
    File(RegularFile),
    Symlink,
    Special,
}

/// A device: its files by absolute path.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) present: BTreeSet<Product>,
    /// Every path that a step has touched.
    pub(crate) touched: BTreeSet<String>,
}

impl Device {
    /// A device with `/etc` and these browsers.
    pub(crate) fn new(present: impl IntoIterator<Item = Product>) -> Self {
        let mut device = Self {
            nodes: BTreeMap::new(),
            present: present.into_iter().collect(),
            touched: BTreeSet::new(),
        };
        device.put("/etc", Node::Directory { mode: 0o755 });
        device
    }

    pub(crate) fn put(&mut self, path: &str, node: Node) {
        self.remove(path);
        self.nodes.insert(path.to_owned(), node);
    }

    /// Puts a file with the modes of one that was written by hand, if its directory is there.
    pub(crate) fn put_file(&mut self, path: &str, content: &[u8]) {
        let (parent, _) = path.rsplit_once('/').unwrap();
        if matches!(self.nodes.get(parent), Some(Node::Directory { .. })) {
            let file = regular(content.to_vec(), FileTime::Natural);
            self.put(path, Node::File(file));
        }
    }

    /// Removes a path with everything below it.
    pub(crate) fn remove(&mut self, path: &str) {
        let below = format!("{path}/");
        self.nodes
            .retain(|other, _| other != path && !other.starts_with(&below));
    }

    /// Looks at everything; `bundle` tells which names are closed.
    pub(crate) fn observe(&self, bundle: &Bundle) -> Actual {
        let places = self.present.iter().map(|product| place(*product));
        Actual {
            present: self.present.clone(),
            places: places
                .chain([Place::Hosts])
                .map(|place| (place, self.observe_place(place, bundle)))
                .collect(),
            owner: OWNER,
            running: Vec::new(),
        }
    }

    fn observe_place(&self, place: Place, bundle: &Bundle) -> ActualPlace {
        let mut found = ActualPlace::absent();
        for depth in 1..=directories(place).len() {
            let directory = self.directory(&ManagedPath::Directory { place, depth }.to_string());
            found.directories.push(directory);
            if !matches!(directory.state, DirectoryState::Present { .. }) {
                break;
            }
        }
        let staging = ManagedPath::Staging(place).to_string();
        if self.is_reachable(&staging) {
            found.staging = self.directory(&staging);
            let staged = ManagedPath::Staged(place).to_string();
            if self.is_reachable(&staged) {
                found.staged = self
                    .nodes
                    .get(&staged)
                    .map(|node| self.found(&staged, node));
            }
        }
        let file = ManagedPath::File {
            place,
            name: OwnName::PLAIN,
        }
        .to_string();
        if self.is_reachable(&file) {
            self.observe_files(place, &file, &mut found);
        }
        if place == Place::Hosts {
            tell_hosts_apart(&mut found, bundle);
        }
        found
    }

    fn observe_files(&self, place: Place, file: &str, found: &mut ActualPlace) {
        let (directory, shared) = file.rsplit_once('/').unwrap();
        for (path, node) in self.children(directory) {
            let name = path.rsplit_once('/').unwrap().1;
            let own = match place {
                Place::Chromium(_) => OwnName::recognise(name.as_bytes()),
                Place::Firefox(_) | Place::Hosts => (name == shared).then_some(OwnName::PLAIN),
            };
            if let Some(own) = own {
                found.files.insert(own, self.found(path, node));
            } else if let (Place::Chromium(_), Node::File(file)) = (place, node) {
                found.unmanaged.push(UnmanagedFile {
                    name: name.into(),
                    policies: UnmanagedPolicies::parse(file.bytes().unwrap()),
                });
            }
        }
    }

    fn found(&self, path: &str, node: &Node) -> FoundFile {
        let state = match node {
            Node::File(file) => FileState::Regular(file.clone()),
            Node::Directory { .. } => FileState::Directory,
            Node::Symlink => FileState::Symlink,
            Node::Special => FileState::Special,
        };
        let aside = self.aside(path);
        FoundFile { state, aside }
    }

    fn children<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = (&'a String, &'a Node)> {
        self.nodes.iter().filter(move |(path, _)| {
            path.rsplit_once('/')
                .is_some_and(|(parent, _)| parent == directory)
        })
    }

    fn is_reachable(&self, path: &str) -> bool {
        let ancestors = path.match_indices('/').map(|(end, _)| &path[..end]);
        ancestors
            .filter(|ancestor| !ancestor.is_empty())
            .all(|ancestor| matches!(self.nodes.get(ancestor), Some(Node::Directory { .. })))
    }

    fn directory(&self, path: &str) -> FoundDirectory {
        let state = match self.nodes.get(path) {
            None => DirectoryState::Absent,
            Some(Node::Directory { mode }) => DirectoryState::Present { mode: *mode },
            Some(Node::Symlink) => DirectoryState::Symlink,
            Some(Node::File(_) | Node::Special) => DirectoryState::NotADirectory,
        };
        let aside = self.aside(path);
        FoundDirectory { state, aside }
    }

    fn aside(&self, path: &str) -> u8 {
        (0..u8::MAX)
            .find(|number| !self.nodes.contains_key(&aside_name(path, *number)))
            .unwrap()
    }

    /// Carries out every step.
    pub(crate) fn execute(&mut self, plan: &Plan, bundle: &Bundle) {
        for action in &plan.actions {
            self.step(&action.step, bundle);
        }
    }

    /// Carries out one step; panics where the operating system would refuse it.
    pub(crate) fn step(&mut self, step: &Step, bundle: &Bundle) {
        match step {
            Step::CreateDirectory(path) => {
                let path = self.touch(*path);
                assert!(!self.nodes.contains_key(&path), "{path} exists");
                self.put(
                    &path,
                    Node::Directory {
                        mode: DIRECTORY_MODE,
                    },
                );
            }
            Step::SetMode(path) => {
                let path = self.touch(*path);
                assert!(matches!(self.nodes[&path], Node::Directory { .. }));
                self.nodes.insert(
                    path,
                    Node::Directory {
                        mode: DIRECTORY_MODE,
                    },
                );
            }
            Step::SetAside { path, number } => {
                let path = self.touch(*path);
                self.rename(&path, &aside_name(&path, *number));
            }
            Step::Write {
                path,
                content,
                time,
            } => {
                let path = self.touch(*path);
                let staged = ManagedPath::Staged(path_place(step)).to_string();
                assert!(self.is_reachable(&staged), "{staged} cannot be written");
                let held = self.nodes.get(&path);
                assert!(
                    !matches!(held, Some(Node::Directory { .. })),
                    "{path} is a directory"
                );
                let left = self.nodes.remove(&staged);
                assert!(
                    !matches!(left, Some(Node::Directory { .. })),
                    "{staged} is a directory"
                );
                let bytes = match content {
                    Content::Bytes(bytes) => bytes.clone(),
                    Content::Hosts(hosts) => [rendered(bundle), hosts.unmanaged.clone()].concat(),
                };
                assert_eq!(fyr_trust::digest(&bytes), content.digest());
                self.put(&path, Node::File(regular(bytes, *time)));
            }
            Step::Remove(path) => {
                let path = self.touch(*path);
                let node = self.nodes.remove(&path).expect("something to remove");
                assert!(
                    !matches!(node, Node::Directory { .. }),
                    "{path} is a directory"
                );
            }
        }
    }

    fn touch(&mut self, path: ManagedPath) -> String {
        let path = path.to_string();
        assert!(self.is_reachable(&path), "{path} cannot be reached");
        self.touched.insert(path.clone());
        path
    }

    fn rename(&mut self, from: &str, to: &str) {
        assert!(!self.nodes.contains_key(to), "{to} is taken");
        let below = format!("{from}/");
        let moved: Vec<String> = self
            .nodes
            .keys()
            .filter(|path| *path == from || path.starts_with(&below))
            .cloned()
            .collect();
        for path in moved {
            let node = self.nodes.remove(&path).unwrap();
            self.nodes.insert(path.replacen(from, to, 1), node);
        }
    }

    /// What a Chromium browser obeys: every regular file of its directory, the last one winning.
    pub(crate) fn chromium_policy(&self, product: Product) -> BTreeMap<String, Value> {
        let place = Place::Chromium(product);
        let depth = directories(place).len();
        let directory = ManagedPath::Directory { place, depth }.to_string();
        let readable = |node: &Node| match node {
            Node::File(file) if file.mode & 0o444 == 0o444 => file.bytes().map(<[u8]>::to_vec),
            Node::File(_) | Node::Directory { .. } | Node::Symlink | Node::Special => None,
        };
        if !self.is_reachable(&format!("{directory}/")) {
            return BTreeMap::new();
        }
        let files = self
            .children(&directory)
            .filter_map(|(_, node)| readable(node));
        files
            .filter_map(|json| serde_json::from_slice::<BTreeMap<String, Value>>(&json).ok())
            .flatten()
            .collect()
    }
}

/// Reads a hosts file as the edge does.
fn tell_hosts_apart(found: &mut ActualPlace, bundle: &Bundle) {
    for file in found.files.values_mut() {
        if let FileState::Regular(file) = &mut file.state {
            let mut hosts = HostsFile::read(file.bytes().unwrap()).unwrap();
            let names = led_elsewhere(&hosts.unmanaged);
            let Ok(found) = clashes(&names, lists(bundle));
            hosts.clashes = found;
            file.content = FileContent::Hosts(hosts);
        }
    }
}

fn path_place(step: &Step) -> Place {
    match step {
        Step::CreateDirectory(path)
        | Step::SetMode(path)
        | Step::SetAside { path, .. }
        | Step::Write { path, .. }
        | Step::Remove(path) => path.place(),
    }
}

pub(crate) fn regular(content: Vec<u8>, time: FileTime) -> RegularFile {
    RegularFile {
        content: FileContent::Bytes(content),
        mode: FILE_MODE,
        owner: OWNER,
        modified: match time {
            FileTime::Fixed => FIXED_TIME,
            FileTime::Natural => jiff::Timestamp::constant(1_764_000_000, 7),
        },
    }
}
