//! What a refresh asks for: as little as it can.

use fyr_trust::Step;

use crate::shelf::{DAY, Device, NEXT_DAY, Shelf, refreshed};

/// The paths that a refresh asks for, with digests cut to what can be foreseen.
fn requests(device: &Device, shelf: &Shelf, now: &str) -> Vec<String> {
    let mut asked = Vec::new();
    let mut refresh = device.begin(now);
    loop {
        let need = refresh.need();
        asked.push(match need.path.rsplit_once('/') {
            Some(("targets/bundles", file)) => format!("bundles/…{}", &file[64..]),
            _ => need.path.clone(),
        });
        match refresh.supply(shelf.answer(&need)).unwrap() {
            Step::Needs(next) => refresh = next,
            Step::Done(_) => return asked,
        }
    }
}

#[test]
fn a_new_device_asks_for_everything_once() {
    let shelf = Shelf::published("one", DAY);
    assert_eq!(
        requests(&shelf.device(), &shelf, DAY),
        [
            "metadata/1.root.json",
            "metadata/2.root.json",
            "metadata/timestamp.json",
            "metadata/1.snapshot.json",
            "metadata/1.targets.json",
            "bundles/….indskoling.json",
        ]
    );
}

#[test]
fn when_nothing_changed_two_requests_are_made() {
    let shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    let asked = requests(&device, &shelf, DAY);
    assert_eq!(asked, ["metadata/2.root.json", "metadata/timestamp.json"]);
}

#[test]
fn a_renewal_costs_no_more_than_the_roles_that_were_signed() {
    let mut shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    shelf.renew(NEXT_DAY);
    let asked = requests(&device, &shelf, NEXT_DAY);
    assert_eq!(asked, ["metadata/2.root.json", "metadata/timestamp.json"]);
    shelf.renew("2026-08-10T08:00:00Z");
    let asked = requests(&device, &shelf, "2026-08-10T08:00:00Z");
    assert_eq!(
        asked,
        [
            "metadata/2.root.json",
            "metadata/timestamp.json",
            "metadata/2.snapshot.json",
        ]
    );
}

#[test]
fn when_nothing_changed_the_state_and_the_floor_stay_equal() {
    let shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    let again = device.look(&shelf, DAY).unwrap();
    assert_eq!(again.state, device.state);
    assert_eq!(again.floor, device.floor);
}
