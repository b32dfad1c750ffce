//! The laws of verification, over all that an attacker and a bad disk can produce.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fyr_schemas::Revision;
use fyr_trust::{Answer, Seen, Step, TrustedState, VerifyError, reload, seen};
use proptest::prelude::*;

use fyr_fixtures::{DAY, Shelf};

/// A repository at four moments: three publications, the last after a key was replaced,
/// and a renewal.
static MOMENTS: LazyLock<Vec<BTreeMap<String, Vec<u8>>>> = LazyLock::new(|| {
    let mut shelf = Shelf::new();
    let mut moments = Vec::new();
    shelf.publish("one", DAY);
    moments.push(shelf.files.clone());
    shelf.publish("two", "2026-08-01T09:00:00Z");
    moments.push(shelf.files.clone());
    shelf.renew("2026-08-01T10:00:00Z");
    moments.push(shelf.files.clone());
    shelf.authority.signers.timestamp = vec![fyr_fixtures::key()];
    shelf.publish("three", "2026-08-01T11:00:00Z");
    moments.push(shelf.files.clone());
    moments
});

/// The ends of the files of a walk, in its order.
const HIDDEN: [&str; 5] = [
    "root.json",
    "timestamp.json",
    "snapshot.json",
    "targets.json",
    "indskoling.json",
];

const NOW: &str = "2026-08-01T12:00:00Z";

fn shelf_at(moment: usize) -> Shelf {
    let mut shelf = Shelf::new();
    shelf.files = MOMENTS[moment].clone();
    shelf
}

#[test]
fn a_flipped_byte_in_any_document_is_refused() {
    let shelf = shelf_at(0);
    let device = shelf.device();
    for (path, bytes) in &shelf.files {
        if path.ends_with("enrolment.json") || path.ends_with(".personale.json") {
            continue;
        }
        for (place, byte) in bytes.iter().enumerate() {
            // One bit in turn, and the one that makes a capital of a small letter: hex digits
            // and JSON escapes would mean the same.
            let flips = [
                Some(1 << (place % 8)),
                byte.is_ascii_lowercase().then_some(0x20),
            ];
            for flip in flips.into_iter().flatten() {
                let mut flipped = shelf_at(0);
                flipped.files.get_mut(path).unwrap()[place] ^= flip;
                let refused = device.look(&flipped, NOW).is_err();
                assert!(refused, "`{path}` is believed with byte {place} flipped");
            }
        }
    }
}

/// One thing that happens to a device.
#[derive(Debug, Clone)]
enum Happening {
    /// It refreshes from the repository as it was at a moment.
    Refresh(usize),
    /// The same, but the repository hides a file at the end of its walk and what is above it.
    BreakOff(usize, usize),
    /// A stored file loses its end.
    Truncate(usize, prop::sample::Index),
    /// A stored file becomes anything.
    Overwrite(usize, Vec<u8>),
    /// Stored files of another moment are put back.
    PutBack(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (0..4_usize).prop_map(Happening::Refresh),
        3 => (0..4_usize, 0..5_usize).prop_map(|(moment, hidden)| Happening::BreakOff(moment, hidden)),
        1 => (0..5_usize, any::<prop::sample::Index>())
            .prop_map(|(file, length)| Happening::Truncate(file, length)),
        1 => (0..5_usize, prop::collection::vec(any::<u8>(), 0..64))
            .prop_map(|(file, bytes)| Happening::Overwrite(file, bytes)),
        1 => (0..4_usize).prop_map(Happening::PutBack),
    ]
}

fn stored(state: &mut TrustedState, file: usize) -> &mut Option<Vec<u8>> {
    match file {
        0 => &mut state.root,
        1 => &mut state.timestamp,
        2 => &mut state.snapshot,
        3 => &mut state.targets,
        _ => &mut state.document,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_device_never_goes_back_and_always_gets_to_the_newest(
        story in prop::collection::vec(happening(), 1..16)
    ) {
        let mut device = shelf_at(0).device();
        let mut believed = Revision(0);
        for happening in story {
            match happening {
                Happening::Refresh(moment) => {
                    if let Ok(refreshed) = device.refresh(&shelf_at(moment), NOW) {
                        prop_assert!(refreshed.document.revision() >= believed);
                        believed = refreshed.document.revision();
                    }
                }
                Happening::BreakOff(moment, hidden) => {
                    let root = device.seen.root;
                    let mut shelf = shelf_at(moment);
                    let endings = HIDDEN.get(hidden..).unwrap_or_default();
                    shelf.files.retain(|path, _| !endings.iter().any(|ending| path.ends_with(ending)));
                    if let Ok(refreshed) = device.refresh(&shelf, NOW) {
                        prop_assert!(refreshed.document.revision() >= believed);
                        believed = refreshed.document.revision();
                    }
                    prop_assert!(device.seen.root >= root);
                }
                Happening::Truncate(file, length) => {
                    if let Some(bytes) = stored(&mut device.state, file) {
                        let kept = length.index(bytes.len() + 1);
                        bytes.truncate(kept);
                    }
                }
                Happening::Overwrite(file, bytes) => {
                    *stored(&mut device.state, file) = Some(bytes);
                }
                Happening::PutBack(moment) => {
                    let mut other = shelf_at(0).device();
                    other.refresh(&shelf_at(moment), NOW).unwrap();
                    device.state = other.state;
                }
            }
            if let Ok(reloaded) = reload(&device.state, &device.seen, &device.identity) {
                prop_assert!(reloaded.document.revision() >= believed);
            }
        }
        let newest = device.refresh(&shelf_at(3), NOW).unwrap();
        prop_assert_eq!(newest.document.revision(), Revision(3));
    }

    #[test]
    fn no_answer_of_a_repository_causes_a_panic(
        moment in 0..4_usize,
        answers in prop::collection::vec(
            prop::option::of(prop::collection::vec(any::<u8>(), 0..200)), 6),
    ) {
        let shelf = shelf_at(moment);
        for spoiled in 0..answers.len() {
            let mut refresh = shelf.device().begin(NOW);
            for asked in 0.. {
                let answer = match answers.get(asked).filter(|_| asked == spoiled) {
                    Some(Some(bytes)) => Answer::Found(bytes.clone()),
                    Some(None) => Answer::NotFound,
                    None => shelf.answer(&refresh.need()),
                };
                let mut step = refresh.supply(answer);
                while let Ok(Step::Keep(_, next)) = step {
                    step = *next;
                }
                match step {
                    Ok(Step::Needs(next)) => refresh = next,
                    Ok(Step::Keep(..) | Step::Done(_)) | Err(_) => break,
                }
            }
        }
    }

    #[test]
    fn no_stored_state_causes_a_panic(
        files in prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..200)), 5),
        slot in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let shelf = shelf_at(3);
        let mut device = shelf.device();
        for (file, bytes) in files.into_iter().enumerate() {
            *stored(&mut device.state, file) = bytes;
        }
        device.seen = seen::newest([Some(&slot), None]).seen;
        prop_assert_eq!(&device.seen, &Seen::default());
        let refused: Result<_, VerifyError> =
            reload(&device.state, &device.seen, &device.identity);
        prop_assert!(refused.is_err());
        prop_assert!(device.look(&shelf, NOW).is_ok());
    }
}
