//! The laws that hold for every plan, tried on devices that were tampered with.

use std::collections::BTreeMap;

use fyr_agent_core::memory::Memory;
use fyr_schemas::bundle::Bundle;
use fyr_schemas::report::Product;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::action::FileTime;
use crate::actual::FileContent;
use crate::fixture::{GAMBLING, block, bundle, closed, empty_bundle};
use crate::plan::{Plan, draft};
use crate::simulation::{Device, Node, regular};

const CHROMIUM: &str = "/etc/chromium/policies/managed";
const CHROME: &str = "/etc/opt/chrome/policies/managed";
const UNMANAGED_HOSTS: &[u8] = b"127.0.0.1 localhost\n10.0.0.7 printer\n";

/// One change to a device.
#[derive(Debug, Clone)]
enum Tamper {
    Remove(&'static str),
    Link(&'static str),
    Directory(&'static str),
    Special(&'static str),
    Truncate(&'static str, usize),
    Overwrite(&'static str, &'static [u8]),
    Chmod(&'static str, u32),
    Touch(&'static str),
    Unmanaged(&'static str, &'static [u8]),
}

/// Paths that are ours, and the directories on the way that are ours.
const OURS: [&str; 13] = [
    "/etc/chromium/policies",
    CHROMIUM,
    "/etc/chromium/policies/managed/fyr.json",
    "/etc/chromium/policies/managed/~fyr.json",
    "/etc/chromium/policies/.fyr",
    "/etc/chromium/policies/.fyr/staged",
    CHROME,
    "/etc/opt/chrome/policies/managed/fyr.json",
    "/etc/firefox/policies",
    "/etc/firefox/policies/policies.json",
    "/etc/firefox/policies/.fyr",
    "/etc/hosts",
    "/etc/.fyr/staged",
];

const UNMANAGED: [&str; 4] = [
    "/etc/chromium/policies/managed/a.json",
    "/etc/chromium/policies/managed/zz.json",
    "/etc/chromium/policies/managed/~zz",
    "/etc/opt/chrome/policies/managed/zz.json",
];

const CONTENTS: [&[u8]; 6] = [
    b"{\"ForceYouTubeRestrict\": 0}",
    b"{\"ForceYouTubeRestrict\": 2}",
    b"{\"policies\": {\"Homepage\": {\"URL\": \"x\"}}}",
    b"{\"ForceYouTubeRestrict\": 0, // hidden\n}",
    b"10.1.1.1 printer\n",
    b"",
];

fn tamper() -> impl Strategy<Value = Tamper> {
    let ours = || prop::sample::select(OURS.to_vec());
    let content = || prop::sample::select(CONTENTS.to_vec());
    prop_oneof![
        ours().prop_map(Tamper::Remove),
        ours().prop_map(Tamper::Link),
        ours().prop_map(Tamper::Directory),
        ours().prop_map(Tamper::Special),
        (ours(), 0_usize..60).prop_map(|(path, length)| Tamper::Truncate(path, length)),
        (ours(), content()).prop_map(|(path, bytes)| Tamper::Overwrite(path, bytes)),
        (ours(), prop::sample::select(vec![0o600, 0o666, 0o777]))
            .prop_map(|(p, m)| Tamper::Chmod(p, m)),
        ours().prop_map(Tamper::Touch),
        (prop::sample::select(UNMANAGED.to_vec()), content())
            .prop_map(|(p, b)| Tamper::Unmanaged(p, b)),
    ]
}

fn apply(device: &mut Device, tamper: &Tamper) {
    let reachable = |device: &Device, path: &str| {
        let parent = path.rsplit_once('/').unwrap().0;
        matches!(device.nodes.get(parent), Some(Node::Directory { .. }))
    };
    match tamper {
        Tamper::Remove(path) => device.remove(path),
        Tamper::Link(path) if reachable(device, path) => device.put(path, Node::Symlink),
        Tamper::Special(path) if reachable(device, path) => device.put(path, Node::Special),
        Tamper::Directory(path) if reachable(device, path) => {
            device.put(path, Node::Directory { mode: 0o755 });
            device.put_file(&format!("{path}/of-a-user"), b"file");
        }
        Tamper::Overwrite(path, bytes) | Tamper::Unmanaged(path, bytes) => {
            device.put_file(path, bytes);
        }
        Tamper::Truncate(path, length) => {
            if let Some(Node::File(file)) = device.nodes.get_mut(*path) {
                let mut bytes = file.bytes().unwrap().to_vec();
                bytes.truncate(*length);
                file.content = FileContent::Bytes(bytes);
            }
        }
        Tamper::Chmod(path, bits) => match device.nodes.get_mut(*path) {
            Some(Node::File(file)) => file.mode = *bits,
            Some(Node::Directory { mode }) => *mode = *bits,
            Some(Node::Symlink | Node::Special) | None => {}
        },
        Tamper::Touch(path) => {
            if let Some(Node::File(file)) = device.nodes.get_mut(*path) {
                *file = regular(file.bytes().unwrap().to_vec(), FileTime::Natural);
            }
        }
        Tamper::Link(_) | Tamper::Special(_) | Tamper::Directory(_) => {}
    }
}

fn device() -> Device {
    let mut device = Device::new([Product::Chromium, Product::Chrome, Product::Firefox]);
    device.put("/etc/chromium", Node::Directory { mode: 0o755 });
    device.put_file("/etc/hosts", UNMANAGED_HOSTS);
    device
}

fn planned(bundle: &Bundle, device: &Device) -> Plan {
    draft(
        bundle,
        Some(&block(bundle)),
        &device.observe(bundle),
        &Memory::default(),
    )
}

/// A device on which the first policy was applied and then some things happened.
fn tampered() -> impl Strategy<Value = Device> {
    prop::collection::vec(tamper(), 0..8).prop_map(|tampers| {
        let mut device = device();
        let first = planned(&bundle(), &device);
        device.execute(&first, &bundle());
        for tamper in &tampers {
            apply(&mut device, tamper);
        }
        device.touched.clear();
        device
    })
}

fn bundles() -> impl Strategy<Value = Bundle> {
    let mut stricter = bundle();
    stricter
        .chromium
        .insert("IncognitoModeAvailability".into(), json!(1));
    let mut another_list = bundle();
    let (gambling, list) = closed("gambling", &format!("{GAMBLING}zoo.example\n"));
    another_list.closed.insert(gambling, list);
    prop::sample::select(vec![bundle(), empty_bundle(), stricter, another_list])
}

/// What the hosts file says of a closed name.
const CLOSED: [&str; 3] = [
    "0.0.0.0 bet.example # fyr\n",
    "0.0.0.0 www.bet.example # fyr\n",
    "0.0.0.0 www.casino.example # fyr\n",
];

/// Whether the browsers on the device obey the bundle, asked without the planner.
fn obeys(device: &Device, bundle: &Bundle) -> bool {
    let holds = |found: &BTreeMap<String, Value>| {
        bundle
            .chromium
            .iter()
            .all(|(name, value)| found.get(name) == Some(value))
    };
    let file = |path: &str| match device.nodes.get(path) {
        Some(Node::File(file)) => file.bytes().unwrap().to_vec(),
        Some(Node::Directory { .. } | Node::Symlink | Node::Special) | None => Vec::new(),
    };
    let firefox = serde_json::from_slice::<Value>(&file("/etc/firefox/policies/policies.json"));
    let hosts = String::from_utf8(file("/etc/hosts")).unwrap();
    [Product::Chromium, Product::Chrome]
        .iter()
        .all(|product| holds(&device.chromium_policy(*product)))
        && bundle.firefox.iter().all(|(name, value)| {
            firefox
                .as_ref()
                .is_ok_and(|found| found["policies"].get(name) == Some(value))
        })
        && bundle.hosts.iter().all(|(name, address)| {
            hosts
                .lines()
                .any(|line| line.starts_with(&format!("{address} {name} ")))
        })
        && (bundle.closed.is_empty() || CLOSED.iter().all(|line| hosts.contains(line)))
}

proptest! {
    #[test]
    fn a_plan_after_its_own_execution_is_empty(mut device in tampered(), bundle in bundles()) {
        device.execute(&planned(&bundle, &device), &bundle);
        let again = planned(&bundle, &device);
        prop_assert!(again.is_empty(), "still due:\n{again:?}");
    }

    #[test]
    fn a_power_cut_after_any_action_is_repaired_by_the_next_plan(
        mut device in tampered(), bundle in bundles(), cut in 0_usize..40,
    ) {
        for action in planned(&bundle, &device).actions.iter().take(cut) {
            device.step(&action.step, &bundle);
        }
        device.execute(&planned(&bundle, &device), &bundle);
        let again = planned(&bundle, &device);
        prop_assert!(again.is_empty(), "still due:\n{again:?}");
        prop_assert!(obeys(&device, &bundle));
    }

    #[test]
    fn a_device_whose_plan_is_empty_obeys(device in tampered(), bundle in bundles()) {
        if !obeys(&device, &bundle) {
            prop_assert!(!planned(&bundle, &device).is_empty());
        }
    }

    #[test]
    fn while_a_policy_is_renewed_some_policy_of_ours_is_always_in_force(
        unmanaged in prop::sample::select(CONTENTS.to_vec()),
    ) {
        let mut device = device();
        let mut newer = bundle();
        newer.chromium.insert("IncognitoModeAvailability".into(), json!(1));
        device.execute(&planned(&bundle(), &device), &bundle());
        device.put_file(UNMANAGED[1], unmanaged);
        for action in &planned(&newer, &device).actions {
            let before = device.chromium_policy(Product::Chromium);
            device.step(&action.step, &newer);
            let after = device.chromium_policy(Product::Chromium);
            prop_assert!(before.contains_key("URLBlocklist") && after.contains_key("URLBlocklist"));
        }
    }

    #[test]
    fn a_plan_touches_nothing_that_is_not_ours(mut device in tampered(), bundle in bundles()) {
        let before = device.clone();
        device.execute(&planned(&bundle, &device), &bundle);
        for path in &device.touched {
            let created = !before.nodes.contains_key(path);
            let ours = OURS.contains(&path.as_str()) || is_ours(path);
            prop_assert!(ours || created, "{path} is not ours");
        }
        for path in UNMANAGED {
            let stays = device.nodes.get(path) == before.nodes.get(path);
            prop_assert!(stays, "{path} was changed");
        }
    }

    #[test]
    fn a_hostile_bundle_changes_neither_paths_nor_anything_beside_its_own_values(
        names in prop::collection::vec(".{0,40}", 1..6), value in ".{0,40}",
    ) {
        let mut hostile = bundle();
        for name in &names {
            hostile.chromium.insert(name.clone(), json!(value));
            hostile.firefox.insert(name.clone(), json!({ value.clone(): name }));
        }
        let mut device = device();
        device.execute(&planned(&hostile, &device), &hostile);
        prop_assert!(obeys(&device, &hostile));
        prop_assert_eq!(device.chromium_policy(Product::Chrome), hostile.chromium);
        let honest = {
            let mut device = self::device();
            device.execute(&planned(&bundle(), &device), &bundle());
            device.nodes.into_keys().collect::<Vec<_>>()
        };
        prop_assert_eq!(device.nodes.into_keys().collect::<Vec<_>>(), honest);
    }

    #[test]
    fn removing_a_policy_removes_its_effect(mut device in tampered()) {
        device.execute(&planned(&bundle(), &device), &bundle());
        device.execute(&planned(&empty_bundle(), &device), &empty_bundle());
        let hosts = match device.nodes.get("/etc/hosts") {
            Some(Node::File(file)) => file.bytes().unwrap().to_vec(),
            _ => Vec::new(),
        };
        let hosts = String::from_utf8(hosts).unwrap();
        prop_assert!(!hosts.contains("fyr") && !hosts.contains("bet.example"), "{}", hosts);
        for product in [Product::Chromium, Product::Chrome] {
            let left = device.chromium_policy(product);
            prop_assert!(!left.contains_key("URLBlocklist"), "left: {left:?}");
        }
    }
}

fn is_ours(path: &str) -> bool {
    let name = path.rsplit_once('/').unwrap().1;
    path.ends_with("/.fyr")
        || path.ends_with("/.fyr/staged")
        || name.trim_start_matches('~') == "fyr.json"
}
