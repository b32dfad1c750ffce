//! What a refresh asks for: as little as it can.

use fyr_trust::{Need, VerifyError};

use fyr_fixtures::{DAY, Device, NEXT_DAY, Shelf, refreshed};

/// The paths that a refresh asks for, with digests cut to what can be foreseen.
fn requests(device: &Device, shelf: &Shelf, now: &str) -> Vec<String> {
    let mut asked = Vec::new();
    let fetch = |need: &Need| {
        asked.push(match need.path.rsplit_once('/') {
            Some(("targets/bundles", file)) => format!("bundles/…{}", &file[64..]),
            Some(("targets/lists", file)) => format!("lists/…{}", &file[64..]),
            _ => need.path.clone(),
        });
        Ok::<_, VerifyError>(shelf.answer(need))
    };
    device.begin(now).drive(fetch, drop).unwrap();
    asked
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
fn when_nothing_changed_the_state_and_the_versions_seen_stay_equal() {
    let shelf = Shelf::published("one", DAY);
    let device = refreshed(&shelf, DAY);
    let again = device.look(&shelf, DAY).unwrap();
    assert_eq!(again.state, device.state);
    assert_eq!(again.seen, device.seen);
}

#[test]
fn a_new_revision_costs_the_lists_that_changed_and_no_others() {
    let mut shelf = Shelf::new();
    shelf.close("gambling", "bet.example\n");
    shelf.close("adult", "x.example\ny.example\n");
    shelf.publish("one", DAY);
    let device = refreshed(&shelf, DAY);
    assert_eq!(device.lists.len(), 2);
    shelf.close("gambling", "bet.example\nbet2.example\n");
    shelf.publish("two", NEXT_DAY);
    assert_eq!(
        requests(&device, &shelf, NEXT_DAY),
        [
            "metadata/2.root.json",
            "metadata/timestamp.json",
            "metadata/2.snapshot.json",
            "metadata/2.targets.json",
            "bundles/….indskoling.json",
            "lists/….gambling.txt",
        ]
    );
}

#[test]
fn a_list_that_several_categories_share_is_asked_for_once() {
    let mut shelf = Shelf::new();
    shelf.close("gambling", "bet.example\n");
    shelf.close("games", "bet.example\n");
    shelf.publish("one", DAY);
    let asked = requests(&shelf.device(), &shelf, DAY);
    let lists = asked.iter().filter(|path| path.starts_with("lists/"));
    assert_eq!(lists.count(), 1, "{asked:?}");
}

#[test]
fn a_list_that_was_kept_before_the_refresh_broke_off_is_not_asked_for_again() {
    let mut shelf = Shelf::new();
    shelf.close("adult", "x.example\n");
    shelf.close("gambling", "bet.example\n");
    shelf.publish("one", DAY);
    let mut device = shelf.device();
    let lost = shelf.path(".gambling.txt");
    let gambling = shelf.files.remove(&lost).unwrap();
    device.refresh(&shelf, DAY).unwrap_err();
    shelf.files.insert(lost, gambling);
    let asked = requests(&device, &shelf, DAY);
    let lists: Vec<_> = asked.iter().filter(|p| p.starts_with("lists/")).collect();
    assert_eq!(lists, ["lists/….gambling.txt"]);
}
