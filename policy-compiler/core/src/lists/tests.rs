//! Every syntax and every reason, golden; the laws, against a model that is slow and plain.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::entry::{Entry, read_entry, read_plain_domain};
use super::syntax::{Line, read_line};
use super::{DomainSet, Dropped, List, read};

/// What a category comes to: what is kept, then what is dropped with its lines.
fn listed(files: &[&str]) -> String {
    let list = read_text(files);
    let mut text = list.domains.canonical_text().to_owned();
    for address in &list.addresses {
        let _ = writeln!(text, "{address}");
    }
    for prefix in &list.prefixes {
        let _ = writeln!(text, "{prefix}");
    }
    let account = &list.account;
    let _ = writeln!(
        text,
        "\n{} entries, {} dropped",
        account.entries,
        account.dropped()
    );
    for (reason, tally) in &account.dropped {
        let lines: Vec<&str> = tally
            .first
            .iter()
            .filter_map(|place| files[place.file].lines().nth(place.line - 1))
            .collect();
        let _ = writeln!(text, "{} {reason:?}:", tally.count);
        for line in lines {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

fn read_text(files: &[&str]) -> List {
    read(files.iter().map(|text| text.as_bytes()))
}

const PLAIN: &str = "\u{feff}# A list as people write it
casino.example
WWW.Casino.Example
 casino.example  # again\r
https://www.lotto.example/
http://lotto.example
*.bingo.example
.poker.example.
spil-og-vind.example/da/
spil-og-vind.example/da/roulette
forum.example/Casino?room=1
forum.example:8080
gæt.example
xn--gt-yia.example
side_spil.example
203.0.113.7
203.0.113.7/slots
[2001:db8:0::7]

localhost
intern
printer.local
192.168.0.1
co.uk
github.io
someone.github.io
bad..example
-
x.example/*.php
ad*.example
x.example/#/casino
ftp://x.example
user@x.example
two.example words
1.2.3
xn--a.example
";

const HOSTS: &str = "127.0.0.1 localhost localhost.localdomain
::1 ip6-localhost
0.0.0.0 tracker.example www.tracker.example # both
:: six.example
fe80::1%lo0 localhost
216.239.38.120 www.google.example
0.0.0.0
";

const ADBLOCK: &str = "[Adblock Plus 2.0]
! Title: A list
||banner.example^
||banner.example^$important,document
||cdn.example^$third-party
||site.example/ads/
||site.example/end^
||*.wild.example^
||exact.example|
|https://start.example
/banner[0-9]+/
@@||banner.example/fine^
||gone.example^$badfilter
site.example##.advert
##.advert
###advert
#@#.advert
### A heading
";

#[test]
fn a_plain_list_is_normalised_and_what_is_no_site_is_dropped_with_its_reason() {
    insta::assert_snapshot!(listed(&[PLAIN]));
}

#[test]
fn a_hosts_file_lists_what_it_leads_nowhere() {
    insta::assert_snapshot!(listed(&[HOSTS]));
}

#[test]
fn an_adblock_list_lists_what_it_closes_to_visitors() {
    insta::assert_snapshot!(listed(&[ADBLOCK]));
}

#[test]
fn every_reason_is_among_these_lists() {
    let list = read(
        [PLAIN, HOSTS, ADBLOCK]
            .map(str::as_bytes)
            .into_iter()
            .chain([b"k\xf8b.example\n".as_slice()]),
    );
    let reasons: Vec<Dropped> = list.account.dropped.keys().copied().collect();
    assert_eq!(reasons, Dropped::ALL);
}

#[test]
fn a_line_that_is_not_text_is_dropped_alone() {
    let list = read([b"a.example\nk\xf8b.example\nb.example".as_slice()]);
    assert_eq!(list.domains.canonical_text(), "a.example\nb.example\n");
    assert_eq!(list.account.dropped[&Dropped::NotText].count, 1);
    assert_eq!(list.account.dropped[&Dropped::NotText].first[0].line, 2);
}

#[test]
fn the_first_of_many_places_are_listed() {
    let list = read_text(&[
        "a.example\n",
        "x\na.example\na.example\n",
        &"b\na.example\n".repeat(9),
    ]);
    let duplicates = &list.account.dropped[&Dropped::Duplicate];
    let places: Vec<_> = duplicates
        .first
        .iter()
        .map(|place| (place.file, place.line))
        .collect();
    assert_eq!(places, [(1, 2), (1, 3), (2, 2)]);
    assert_eq!(duplicates.count, 11);
}

#[test]
fn names_that_agree_in_their_last_sixteen_letters_are_distinguished() {
    let long = "a-very-long-name-that-goes-on.example";
    let text = format!(
        "b.{long}\na.{long}\nb.{long}\nc.a.{long}\na-very-long-name-that-goes-off.example\n"
    );
    let list = read_text(&[&text]);
    assert_eq!(
        list.domains.iter().collect::<Vec<_>>(),
        [
            "a-very-long-name-that-goes-off.example",
            &format!("a.{long}"),
            &format!("b.{long}")
        ]
    );
    assert_eq!(list.account.dropped(), 2);
}

#[test]
fn a_set_knows_what_covers_a_name_and_what_lies_below_it() {
    let set = read_text(&["x.example\nz.y.example\na.z-y.example\nw.y.example\n"]).domains;
    assert_eq!(set.covering("x.example"), Some("x.example"));
    assert_eq!(set.covering("deep.below.x.example"), Some("x.example"));
    assert_eq!(set.covering("notx.example"), None);
    assert_eq!(set.covering("y.example"), None);
    assert_eq!(set.covering(""), None);
    let below = |name| set.below(name).collect::<Vec<_>>();
    assert_eq!(below("y.example"), ["w.y.example", "z.y.example"]);
    assert_eq!(below("x.example"), ["x.example"]);
    assert_eq!(below("example").len(), 4);
    assert_eq!(below("a.x.example"), Vec::<&str>::new());
    assert_eq!(DomainSet::default().covering("x.example"), None);
}

/// Names close to each other, in the forms that mean the same.
fn name() -> impl Strategy<Value = String> {
    let label = proptest::sample::select(&["a", "b", "a-b", "ab", "a_b", "0"]);
    let form = proptest::sample::select(&["", "", "", "www.", "*.", "."]);
    let end = proptest::sample::select(&["", "", "", ".", "/", "\r"]);
    (form, proptest::collection::vec(label, 1..4), end)
        .prop_map(|(form, labels, end)| format!("{form}{}.example{end}", labels.join(".")))
}

fn plain(written: &str) -> String {
    let written = written.trim_end_matches(['.', '/', '\r']).to_lowercase();
    let bare = written.strip_prefix("*.").unwrap_or(&written);
    bare.strip_prefix('.').unwrap_or(bare).to_owned()
}

fn is_within(name: &str, domain: &str) -> bool {
    name == domain || name.ends_with(&format!(".{domain}"))
}

/// Anything, and what lists are made of.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let part = proptest::sample::select(&[
        "||",
        "^",
        "$",
        "important",
        "third-party",
        "@@",
        "##",
        "#",
        "!",
        "|",
        "*",
        "*.",
        ".",
        "-",
        "0.0.0.0 ",
        "127.0.0.1",
        "::1 ",
        "[::1]",
        "a",
        "b.example",
        "co.uk",
        "xn--",
        "ø",
        " ",
        "\n",
        "\r\n",
        "/",
        "?",
        "=",
        "&",
        ":",
        "8080",
        "https://",
        "//",
        "%",
        "@",
        "\u{feff}",
    ]);
    let made = proptest::collection::vec(part, 0..40).prop_map(|parts| parts.concat().into_bytes());
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), made]
}

#[test]
fn a_question_mark_with_nothing_behind_it_leaves_the_whole_site() {
    for text in ["x.example?", "x.example/?"] {
        assert_eq!(
            read_entry(text),
            Ok(Entry::Domain("x.example".into())),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn a_set_is_what_the_plain_model_says(
        mut lines in proptest::collection::vec(name(), 0..24),
        asked in proptest::collection::vec(name(), 8),
        cut in any::<prop::sample::Index>(),
    ) {
        let listed: BTreeSet<String> = lines.iter().map(|line| plain(line)).collect();
        let kept: BTreeSet<&str> = listed
            .iter()
            .map(String::as_str)
            .filter(|name| !listed.iter().any(|other| other != name && is_within(name, other)))
            .collect();
        let list = read_text(&[&lines.join("\n")]);
        prop_assert_eq!(list.domains.iter().collect::<BTreeSet<_>>(), kept.clone());
        prop_assert_eq!(list.domains.len(), kept.len());
        prop_assert_eq!(list.account.dropped(), lines.len() - kept.len());
        for name in asked.iter().map(|asked| plain(asked)) {
            let covering = kept.iter().find(|member| is_within(&name, member)).copied();
            prop_assert_eq!(list.domains.covering(&name), covering);
            let below = kept.iter().filter(|member| is_within(member, &name)).copied();
            prop_assert_eq!(list.domains.below(&name).collect::<BTreeSet<_>>(), below.collect());
        }
        let length = lines.len().max(1);
        lines.rotate_left(cut.index(length));
        let again = read_text(&[&lines.join("\n")]);
        prop_assert_eq!(again.domains, list.domains);
    }

    #[test]
    fn nothing_is_lost_without_a_reason_and_what_is_kept_says_itself(
        files in proptest::collection::vec(file(), 0..3),
    ) {
        let list = read(files.iter().map(Vec::as_slice));
        let kept = list.domains.len() + list.addresses.len() + list.prefixes.len();
        prop_assert_eq!(kept + list.account.dropped(), list.account.entries);
        let mut text = list.domains.canonical_text().to_owned();
        text.extend(list.addresses.iter().map(|address| format!("{address}\n")));
        text.extend(list.prefixes.iter().map(|prefix| format!("{prefix}\n")));
        let again = read_text(&[&text]);
        prop_assert_eq!(again.account.dropped(), 0);
        prop_assert_eq!(again.domains, list.domains);
        prop_assert_eq!(again.addresses, list.addresses);
        prop_assert_eq!(again.prefixes, list.prefixes);
    }

    #[test]
    fn the_short_way_says_what_the_long_way_says(text in "[a-z0-9_.x-]{0,12}(\\.(com|local|arpa|c0m|0x1|9))?") {
        if let Some(name) = read_plain_domain(&text) {
            prop_assert_eq!(read_line(name), Line::Site(name));
            prop_assert_eq!(read_entry(name), Ok(Entry::Domain(name.into())));
        }
    }
}
