//! The block, and what is kept beside it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::fixture::{GAMBLING, block, bundle, closed, empty_bundle, lists, rendered};

const UNMANAGED: &[u8] = b"127.0.0.1\tlocalhost\r\n# a note\n\n10.0.0.7 printer";

/// The file that a bundle asks for where this one stands.
fn merge(bundle: &Bundle, existing: &[u8]) -> Vec<u8> {
    let found = HostsFile::read(existing).unwrap();
    let whole = [rendered(bundle), unmanaged(bundle, &found)].concat();
    let content = block(bundle).before(unmanaged(bundle, &found));
    assert_eq!(content.digest, fyr_trust::digest(&whole));
    assert_eq!(content.length, whole.len() as u64);
    whole
}

#[test]
fn the_block_names_every_address_and_closes_every_name_also_behind_www() {
    insta::assert_snapshot!(String::from_utf8(rendered(&bundle())).unwrap());
}

#[test]
fn everything_else_is_kept_byte_for_byte() {
    let during = merge(&bundle(), UNMANAGED);
    assert!(during.ends_with(UNMANAGED));
    assert_eq!(merge(&bundle(), &during), during);
    assert_eq!(merge(&empty_bundle(), &during), UNMANAGED);
}

#[test]
fn a_block_that_lost_its_markers_is_still_recognised() {
    let during = merge(&bundle(), UNMANAGED);
    let unmarked: Vec<u8> = during
        .split_inclusive(|byte| *byte == b'\n')
        .filter(|line| !line.starts_with(b"# BEGIN") && !line.starts_with(b"# END"))
        .flatten()
        .copied()
        .collect();
    assert_eq!(merge(&bundle(), &unmarked), during);
}

#[test]
fn a_block_that_was_cut_off_anywhere_leaves_no_scrap_behind() {
    let whole = merge(&bundle(), b"");
    for end in 0..whole.len() {
        assert_eq!(merge(&bundle(), &whole[..end]), whole, "cut after {end}");
    }
}

#[test]
fn an_unmanaged_line_inside_the_block_is_kept() {
    let mut during = rendered(&bundle());
    let end = during.len() - END.len() - 1;
    during.splice(end..end, b"10.0.0.9 scanner\n".iter().copied());
    assert!(merge(&bundle(), &during).ends_with(b"10.0.0.9 scanner\n"));
}

#[test]
fn an_unmanaged_last_line_without_an_end_is_kept_also_where_it_begins_like_ours() {
    for line in ["#", "# E", "0.0.0.0 x.example", "10.0.0.9 scanner"] {
        let file = [rendered(&bundle()), line.into()].concat();
        assert!(merge(&bundle(), &file).ends_with(line.as_bytes()), "{line}");
        let file = ["10.0.0.7 printer\n", line].concat();
        assert!(merge(&bundle(), file.as_bytes()).ends_with(file.as_bytes()));
    }
    let mut open = rendered(&bundle());
    open.truncate(open.len() - END.len() - 1);
    open.extend_from_slice(b"10.0.0.9 scanner");
    assert!(merge(&bundle(), &open).ends_with(b"10.0.0.9 scanner"));
}

#[test]
fn an_unmanaged_entry_for_one_of_our_names_is_reported() {
    let reported = |line: &str| contradicted(&bundle(), line.as_bytes());
    assert!(reported("10.1.1.1 x WWW.YouTube.com # y\n").contains("www.youtube.com"));
    assert!(reported("::1 www.youtube.com").contains("www.youtube.com"));
    assert!(reported("216.239.38.120 www.youtube.com").is_empty());
    assert!(reported("# 10.1.1.1 www.youtube.com").is_empty());
}

#[test]
fn an_unmanaged_entry_that_opens_a_closed_name_is_reported_with_its_list() {
    let bundle = bundle();
    let reported = |line: &str| {
        let names = led_elsewhere(line.as_bytes());
        let found = clashes(&names, lists(&bundle)).unwrap();
        let text = |(name, by): (&HostName, &BTreeSet<_>)| format!("{name} {by:?}");
        found.iter().map(text).collect::<Vec<_>>()
    };
    let by = "{CategoryId(gambling)}";
    assert_eq!(
        reported("10.1.1.1 Bet.example"),
        [format!("bet.example {by}")]
    );
    assert_eq!(
        reported("10.1.1.1 www.bet.example"),
        [format!("www.bet.example {by}")]
    );
    for harmless in [
        "10.1.1.1 open.example",
        "10.1.1.1 excepted.example www.excepted.example",
        // As they stand in block lists, which close the name just as well.
        "0.0.0.0 bet.example",
        "127.0.0.1 bet.example",
        ":: bet.example",
    ] {
        assert_eq!(reported(harmless), Vec::<String>::new(), "{harmless}");
    }
}

#[test]
fn a_name_that_one_list_leaves_open_and_another_closes_is_closed_once() {
    let mut bundle = bundle();
    let (category, games) = closed("games", "bet.example\nexcepted.example\n");
    bundle.closed.insert(category, games);
    let text = String::from_utf8(rendered(&bundle)).unwrap();
    for name in ["bet.example", "www.bet.example", "excepted.example"] {
        let line = format!("0.0.0.0 {name} # fyr\n");
        assert_eq!(text.matches(&line).count(), 1, "{line}{text}");
    }
}

#[test]
fn a_name_that_is_spared_stays_open_against_any_list() {
    let bundle = bundle();
    let text = |spared: &str| {
        let spared: HostName = spared.parse().unwrap();
        let lists = lists(&bundle).into_iter();
        let lists = lists.map(|list| list.sparing(Some(&spared))).collect();
        let mut text = Vec::new();
        let Ok(()) = write(&bundle.hosts, lists, |line| {
            text.extend_from_slice(line);
            Ok(())
        });
        String::from_utf8(text).unwrap()
    };
    assert!(!text("bet.example").contains("bet.example"));
    assert!(!text("www.bet.example").contains("www.bet.example"));
    assert!(text("www.bet.example").contains("0.0.0.0 bet.example # fyr"));
}

#[test]
fn an_address_of_the_bundle_wins_over_a_list() {
    let mut bundle = bundle();
    let (category, videos) = closed("videos", "www.youtube.com\nyoutube.com\n");
    bundle.closed.insert(category, videos);
    let text = String::from_utf8(rendered(&bundle)).unwrap();
    assert!(!text.contains("0.0.0.0 www.youtube.com"), "{text}");
    assert!(text.contains("0.0.0.0 youtube.com # fyr\n"), "{text}");
}

proptest! {
    #[test]
    fn unmanaged_lines_stay_in_order_and_byte_for_byte_wherever_they_stand(
        unmanaged_lines in prop::collection::vec("[a-z0-9 .#\\t\r]{0,20}\n", 0..8), place in 0..40_usize,
    ) {
        let ours = rendered(&bundle());
        let lines: Vec<&[u8]> = ours.split_inclusive(|byte| *byte == b'\n').collect();
        let (above, below) = lines.split_at(place.min(lines.len()));
        let (one, other) = unmanaged_lines.split_at(unmanaged_lines.len() / 2);
        let file = [above.concat(), one.concat().into(), below.concat(), other.concat().into()];
        let expected = [ours.clone(), unmanaged_lines.concat().into()].concat();
        prop_assert_eq!(merge(&bundle(), &file.concat()), expected);
    }

    #[test]
    fn a_file_is_read_alike_however_it_comes_in_pieces(cuts in prop::collection::vec(0..400_usize, 0..6)) {
        let file = merge(&bundle(), UNMANAGED);
        let mut reading = crate::actual::hosts::Reading::default();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(file.len())).collect();
        cuts.sort_unstable();
        let mut from = 0;
        for cut in cuts.into_iter().chain([file.len()]) {
            reading.feed(&file[from..cut]).unwrap();
            from = cut;
        }
        prop_assert_eq!(reading.finish(), HostsFile::read(&file).unwrap());
    }

    #[test]
    fn every_listed_name_is_closed_unless_it_is_excepted(
        names in prop::collection::btree_set("[a-c]{1,2}\\.(dk|se)", 0..12),
        others in prop::collection::btree_set("(www\\.)?[a-c]{1,2}\\.(dk|se)", 0..12),
        excepted in prop::collection::btree_set("[a-c]{1,2}\\.(dk|se)", 0..4),
    ) {
        let text = |names: &BTreeSet<String>| {
            names.iter().fold(String::new(), |text, name| text + name + "\n")
        };
        let mut bundle = empty_bundle();
        let (one, mut list) = closed("one", &text(&names));
        list.except = excepted.iter().map(|name| name.parse().unwrap()).collect();
        bundle.closed.insert(one, list);
        let (other, list) = closed("other", &text(&others));
        bundle.closed.insert(other, list);
        let rendered = String::from_utf8(rendered(&bundle)).unwrap();
        let closes = |name: &str| rendered.contains(&format!("0.0.0.0 {name} # fyr\n"));
        for name in names.difference(&excepted).chain(&others) {
            prop_assert!(closes(name), "{} in {}", name, rendered);
            let behind = name.starts_with("www.") || closes(&format!("www.{name}"));
            prop_assert!(behind, "{} in {}", name, rendered);
        }
        for name in excepted.difference(&others) {
            prop_assert!(!closes(name), "{} in {}", name, rendered);
        }
    }
}

#[test]
fn a_bundle_without_names_and_lists_asks_for_no_block() {
    assert!(rendered(&empty_bundle()).is_empty());
    assert_eq!(GAMBLING.lines().count(), 3);
}
