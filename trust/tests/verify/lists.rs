//! What an attacker may offer for a list that a bundle closes: each refused, with its reason, and
//! the last good bundle stays.

use fyr_fixtures::Replaced as _;
use fyr_schemas::HostName;
use fyr_schemas::bundle::ClosedList;
use fyr_schemas::report::RefusalReason;
use fyr_trust::list::ListCheck;
use fyr_trust::{VerifyError, reload};
use proptest::prelude::*;
use serde_json::json;

use fyr_fixtures::{DAY, Device, NEXT_DAY, Shelf, closing, refreshed};

const NAMES: &str = "bet.example\ncasino.example\npoker.example\n";

/// A device that holds the first publication, and the second one, which closes a list.
fn offered(names: &str) -> (Device, Shelf) {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    shelf.close("gambling", names);
    shelf.publish("two", NEXT_DAY);
    (device, shelf)
}

/// Refuses, stores no list, and holds what it held.
#[track_caller]
fn refused(mut device: Device, shelf: &Shelf, reason: RefusalReason) -> VerifyError {
    let before = device.clone();
    let error = device.refresh(shelf, NEXT_DAY).unwrap_err();
    assert_eq!(error.reason(), reason, "{error:?}");
    assert!(device.lists.is_empty(), "a list was kept");
    assert_eq!(device.state, before.state);
    let held = reload(&device.state, &device.seen, &device.identity).unwrap();
    assert_eq!(held.document.revision().0, 1);
    error
}

/// Serves other bytes under the list's name.
fn served(change: impl FnOnce(&mut Vec<u8>)) -> (Device, Shelf) {
    let (device, mut shelf) = offered(NAMES);
    let path = shelf.path(".gambling.txt");
    change(shelf.files.get_mut(&path).unwrap());
    (device, shelf)
}

#[test]
fn a_bundle_is_believed_once_its_list_is_there_and_the_list_is_reported() {
    let (mut device, shelf) = offered(NAMES);
    let refreshed = device.refresh(&shelf, NEXT_DAY).unwrap();
    assert_eq!(refreshed.document.revision().0, 2);
    let kept: Vec<_> = device.lists.into_values().collect();
    assert_eq!(kept, [NAMES.as_bytes()]);
}

#[test]
fn a_list_with_one_flipped_byte_is_refused() {
    for place in 0..NAMES.len() {
        for bit in [1, 0x20] {
            let (device, shelf) = served(|text| text[place] ^= bit);
            refused(device, &shelf, RefusalReason::Integrity);
        }
    }
}

#[test]
fn a_truncated_list_is_refused() {
    for length in 0..NAMES.len() {
        let (device, shelf) = served(|text| text.truncate(length));
        refused(device, &shelf, RefusalReason::Integrity);
    }
}

#[test]
fn a_list_that_is_longer_than_was_signed_is_refused() {
    let (device, shelf) = served(|text| text.extend_from_slice(b"zoo.example\n"));
    refused(device, &shelf, RefusalReason::TooLarge);
}

#[test]
fn endless_data_no_more_of_a_list_is_asked_for_than_was_signed() {
    let (device, shelf) = offered(NAMES);
    let mut longest = 0;
    let fetch = |need: &fyr_trust::Need| {
        if need.path.starts_with("targets/lists/") {
            longest = need.max_length;
        }
        Ok::<_, VerifyError>(shelf.answer(need))
    };
    device.begin(NEXT_DAY).drive(fetch, drop).unwrap();
    assert_eq!(longest, NAMES.len() as u64);
}

#[test]
fn a_missing_list_is_refused() {
    let (device, mut shelf) = offered(NAMES);
    let path = shelf.path(".gambling.txt");
    shelf.files.remove(&path);
    refused(device, &shelf, RefusalReason::Integrity);
}

#[test]
fn mix_and_match_another_list_in_the_place_of_one_is_refused() {
    let (device, mut shelf) = offered(NAMES);
    let other = NAMES.replaced("bet", "pet");
    assert_eq!(other.len(), NAMES.len());
    let path = shelf.path(".gambling.txt");
    shelf.files.insert(path, other.into_bytes());
    refused(device, &shelf, RefusalReason::Integrity);
}

#[test]
fn a_list_that_the_signed_metadata_does_not_list_is_refused() {
    let shelf = |change: fn(&mut serde_json::Value)| {
        let mut shelf = Shelf::new();
        shelf.close("gambling", NAMES);
        shelf.publish("one", DAY);
        shelf.forge_targets(|signed| change(&mut signed["targets"]));
        shelf
    };
    let look = |shelf: &Shelf| shelf.device().look(shelf, DAY).unwrap_err().reason();
    let unlisted = shelf(|targets| {
        targets
            .as_object_mut()
            .unwrap()
            .remove("lists/gambling.txt");
    });
    assert_eq!(look(&unlisted), RefusalReason::NotListed);
    let other = shelf(|targets| {
        targets["lists/gambling.txt"]["hashes"]["sha256"] = json!("0".repeat(64));
    });
    assert_eq!(look(&other), RefusalReason::Integrity);
    let longer = shelf(|targets| targets["lists/gambling.txt"]["length"] = json!(99));
    assert_eq!(look(&longer), RefusalReason::Integrity);
}

#[test]
fn lists_beyond_the_bound_are_refused_before_any_is_fetched() {
    let mut shelf = Shelf::published("one", DAY);
    shelf.forge_bundle(|bundle| {
        bundle["closed"] = json!({
            "a": { "digest": "0".repeat(64), "length": 1 << 25, "names": 1 },
            "b": { "digest": "1".repeat(64), "length": (1 << 25) + 1, "names": 1 },
        });
    });
    let error = shelf.device().look(&shelf, DAY).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::TooLarge, "{error:?}");
}

/// A stolen targets key signs anything; a line that is no name stays out all the same.
#[test]
fn a_list_with_a_line_that_is_no_host_name_is_refused_although_it_is_signed() {
    for text in [
        &b"bet.example\n\ncasino.example\n"[..],
        b"\n",
        b"bet.example \n",
        b" bet.example\n",
        b"bet.example casino.example\n",
        b"bet.example\r\n",
        b"bet.example\t# fyr\n",
        b"Bet.example\n",
        b"# bet.example\n",
        b"localhost\n",
        b"bet..example\n",
        b"0.0.0.0 bet.example\n",
        b"b\0t.example\n",
        b"b\xe5t.example\n",
        "bæt.example\n".as_bytes(),
        b"bet.example",
        b"casino.example\nbet.example\n",
        b"bet.example\nbet.example\n",
    ] {
        let mut shelf = Shelf::published("one", DAY);
        shelf.forge_list("gambling", text);
        let mut device = shelf.device();
        let error = device.refresh(&shelf, DAY).unwrap_err();
        let shown = String::from_utf8_lossy(text);
        assert_eq!(error.reason(), RefusalReason::Malformed, "{shown:?}");
        assert!(device.lists.is_empty(), "{shown:?} was kept");
    }
}

#[test]
fn a_list_of_another_number_of_names_than_was_signed_is_refused() {
    let mut shelf = Shelf::new();
    shelf.close("gambling", NAMES);
    shelf.publish("one", DAY);
    shelf.forge_bundle(|bundle| bundle["closed"]["gambling"]["names"] = json!(2));
    let error = shelf.device().look(&shelf, DAY).unwrap_err();
    assert_eq!(error.reason(), RefusalReason::Integrity);
}

#[test]
fn one_bad_list_of_two_keeps_the_bundle_out() {
    let (device, mut shelf) = offered(NAMES);
    shelf.close("adult", "x.example\n");
    shelf.publish("three", NEXT_DAY);
    let path = shelf.path(".gambling.txt");
    shelf.files.get_mut(&path).unwrap()[0] ^= 1;
    let mut device = device;
    let before = device.state.clone();
    device.refresh(&shelf, NEXT_DAY).unwrap_err();
    assert_eq!(device.state, before);
    assert_eq!(
        device.lists.len(),
        1,
        "the good one is kept for the next try"
    );
}

/// What judging a text that comes in these pieces says.
fn judge(closed: &ClosedList, pieces: &[&[u8]]) -> Result<(), VerifyError> {
    let category = "gambling".parse().unwrap();
    let mut check = ListCheck::new(&category, closed);
    pieces.iter().try_for_each(|piece| check.feed(piece))?;
    check.finish()
}

proptest! {
    #[test]
    fn a_list_is_believed_however_it_is_cut_into_pieces(cuts in prop::collection::vec(0..NAMES.len(), 0..6)) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([NAMES.len()]) {
            pieces.push(&NAMES.as_bytes()[from..cut]);
            from = cut;
        }
        prop_assert!(judge(&closing(NAMES), &pieces).is_ok());
    }

    #[test]
    fn no_line_of_a_list_passes_that_is_no_host_name(
        text in "([a-cA.0 #\n-]{0,12}\n?){0,6}",
    ) {
        let believed = judge(&closing(&text), &[text.as_bytes()]).is_ok();
        let names: Vec<&str> = text.split_terminator('\n').collect();
        let is_list = (text.is_empty() || text.ends_with('\n'))
            && names.iter().all(|name| name.parse::<HostName>().is_ok())
            && names.windows(2).all(|pair| pair[0] < pair[1]);
        prop_assert_eq!(believed, is_list, "{:?}", text);
    }

    #[test]
    fn hostile_bytes_in_a_list_are_refused_without_a_panic(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 0..4),
    ) {
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let said = closing(NAMES);
        prop_assert!(judge(&said, &pieces).is_err());
    }
}
