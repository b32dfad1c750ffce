//! Bundles and lists for the tests of this crate.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use fyr_fixtures::{CASE, GROUP, closing};
use fyr_schemas::bundle::{Bundle, ClosedList, Control, Coverage, Engine, Gap, GapReason};
use fyr_schemas::{CategoryId, Digest};
use serde_json::json;

use crate::desired::hosts::{Block, List, write};

/// The names that [`bundle`] closes, except the last but one.
pub(crate) const GAMBLING: &str = "bet.example\nexcepted.example\nwww.casino.example\n";

thread_local! {
    /// Every list that a test has closed, by its digest.
    static TEXTS: RefCell<BTreeMap<Digest, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// A list, as a bundle closes it.
pub(crate) fn closed(category: &str, names: &str) -> (CategoryId, ClosedList) {
    let digest = fyr_trust::digest(names.as_bytes());
    TEXTS.with_borrow_mut(|texts| texts.insert(digest.clone(), names.to_owned()));
    let list = closing(names);
    (category.parse().unwrap(), list)
}

/// The lists that a bundle closes.
pub(crate) fn lists(bundle: &Bundle) -> Vec<List<'_, Names>> {
    let names = |list: &ClosedList| {
        let text = TEXTS.with_borrow(|texts| texts[&list.digest].clone());
        let names: Vec<_> = text.lines().map(|name| Ok(name.to_owned())).collect();
        names.into_iter()
    };
    let closed = bundle.closed.iter();
    closed
        .map(|(c, list)| List::new(c, list, names(list)))
        .collect()
}

type Names = std::vec::IntoIter<Result<String, Infallible>>;

/// The block of a bundle, and its text.
pub(crate) fn block(bundle: &Bundle) -> Block {
    let Ok(block) = Block::gather(&bundle.hosts, lists(bundle));
    block
}

pub(crate) fn rendered(bundle: &Bundle) -> Vec<u8> {
    let mut text = Vec::new();
    let Ok(()) = write(&bundle.hosts, lists(bundle), |line| {
        text.extend_from_slice(line);
        Ok(())
    });
    text
}

/// A bundle that asks for nothing.
pub(crate) fn empty_bundle() -> Bundle {
    fyr_fixtures::bundle(GROUP)
}

/// A bundle with one policy per target, one control per kind of coverage.
pub(crate) fn bundle() -> Bundle {
    let mut bundle = empty_bundle();
    bundle
        .chromium
        .insert("ForceYouTubeRestrict".into(), json!(2));
    bundle
        .chromium
        .insert("URLBlocklist".into(), json!(["x.example"]));
    bundle
        .firefox
        .insert("DisablePrivateBrowsing".into(), json!(true));
    bundle.hosts.insert(
        "www.youtube.com".parse().unwrap(),
        "216.239.38.120".parse().unwrap(),
    );
    let (gambling, mut list) = closed("gambling", GAMBLING);
    list.except = ["excepted.example".parse().unwrap()].into();
    bundle.closed.insert(gambling.clone(), list);
    bundle.controls = vec![
        control(
            "browser.private",
            Coverage::Inherent,
            Coverage::Policy(vec!["DisablePrivateBrowsing".into()]),
        ),
        control(
            "sites.block",
            Coverage::Policy(vec!["URLBlocklist".into()]),
            Coverage::Gap(Gap {
                reason: GapReason::NoMechanism,
                detail: "no means".into(),
            }),
        ),
        control(
            "sites.block.gambling",
            Coverage::Lists(vec![gambling.clone()]),
            Coverage::Lists(vec![gambling]),
        ),
        control(
            "youtube.level",
            Coverage::Policy(vec!["ForceYouTubeRestrict".into()]),
            Coverage::Hosts(vec!["www.youtube.com".parse().unwrap()]),
        ),
    ];
    bundle
}

fn control(id: &str, chromium: Coverage, firefox: Coverage) -> Control {
    Control {
        id: id.parse().unwrap(),
        value: "on".into(),
        rule: "a-rule".parse().unwrap(),
        decision: Some(CASE.parse().unwrap()),
        coverage: [(Engine::Chromium, chromium), (Engine::Firefox, firefox)].into(),
    }
}
