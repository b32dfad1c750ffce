//! What holds for every row of the table, and how each kind is read and compared.

use std::cmp::Ordering::{Equal, Greater, Less};

use proptest::prelude::*;

use super::*;

/// Values that a setting takes, read as people write them.
pub(crate) fn values(setting: &Setting) -> Vec<Value> {
    let examples = setting.kind.examples();
    for value in &examples {
        let written = match value {
            Value::Level(word) => Given::from(*word),
            Value::Number(number) => Given::Scalar(number.to_string()),
            Value::Names(names) => names.iter().map(String::as_str).collect::<Vec<_>>().into(),
            Value::Policy(value) => Given::Scalar(value.to_string()),
        };
        assert_eq!(
            setting.parse(&written).as_ref(),
            Ok(value),
            "{}",
            setting.name
        );
    }
    examples
}

fn setting(name: &str) -> &'static Setting {
    find(name).expect(name)
}

#[track_caller]
fn reads(name: &str, given: impl Into<Given>, expected: &str) {
    let value = setting(name).parse(&given.into());
    assert_eq!(value.map(|value| value.to_string()), Ok(expected.into()));
}

#[track_caller]
fn compares(name: &str, a: impl Into<Given>, b: impl Into<Given>, expected: Option<Ordering>) {
    let setting = setting(name);
    let parse = |given: Given| setting.parse(&given).expect(name);
    let (a, b) = (parse(a.into()), parse(b.into()));
    assert_eq!(setting.strictness(&a, &b), expected, "{a} and {b}");
    let turned = expected.map(Ordering::reverse);
    assert_eq!(setting.strictness(&b, &a), turned, "{b} and {a}");
}

#[test]
fn every_row_has_a_name_of_two_slugs_and_a_sentence() {
    for setting in all() {
        let name = setting.name;
        assert!(name.parse::<fyr_schemas::ControlId>().is_ok(), "{name}");
        assert_eq!(name.split('.').count(), 2, "{name}");
        assert_eq!(name, name.to_ascii_lowercase());
        assert!(setting.doc.ends_with('.'), "{name}");
        assert!(!setting.doc.contains("  "), "{name}");
    }
}

#[test]
fn every_setting_is_a_control_browsers_own_policies_too() {
    assert!(VERBATIM.len() > 500, "{}", VERBATIM.len());
    for name in VERBATIM.keys().chain(TABLE.keys()) {
        assert!(name.parse::<fyr_schemas::ControlId>().is_ok(), "{name}");
    }
}

#[test]
fn no_name_is_declared_twice() {
    let rows = [
        youtube::ROWS,
        safesearch::ROWS,
        sign_in::ROWS,
        escape::ROWS,
        privacy::ROWS,
        devices::ROWS,
        senses::ROWS,
        equipment::ROWS,
    ];
    assert_eq!(rows.concat().len(), all().count());
}

#[test]
fn the_default_of_a_row_with_words_is_its_weakest() {
    for setting in all() {
        if let Kind::Levels(levels) | Kind::Choice(levels) = setting.kind {
            let weakest = levels.first().expect(setting.name);
            assert_eq!(setting.default, weakest.word, "{}", setting.name);
            assert_eq!(setting.default_value(), Some(Value::Level(weakest.word)));
        }
        if let Lowering::Switch { .. } = setting.lowering {
            assert_eq!(setting.accepts().len(), 2, "{}", setting.name);
        }
    }
}

#[test]
fn no_word_of_a_row_means_two_levels() {
    for setting in all() {
        if let Kind::Levels(levels) | Kind::Choice(levels) = setting.kind {
            let mut words: Vec<_> = levels
                .iter()
                .flat_map(|level| level.also.iter().chain([&level.word]))
                .collect();
            words.sort();
            let count = words.len();
            words.dedup();
            assert_eq!(words.len(), count, "{}", setting.name);
        }
    }
}

#[test]
fn words_mean_what_they_say_in_their_place() {
    reads("youtube.level", "off", "off");
    reads("youtube.level", "no", "off");
    reads("youtube.level", "Strict", "strict");
    reads("safesearch.google", "NO", "off");
    reads("safesearch.google", "yes", "on");
    reads("escape.incognito", "off", "closed");
    reads("escape.incognito", "no", "closed");
    reads("escape.incognito", "open", "open");
    reads("camera.access", "no", "block");
    reads("screen.lock-after", "10", "10");
}

#[test]
fn one_name_stands_for_a_list_of_one_and_names_have_one_spelling() {
    reads("sign-in.domains", "Skola.Example", "skola.example");
    reads(
        "sign-in.domains",
        vec!["ø.example", "a.example", "a.example"],
        "a.example, xn--pda.example",
    );
    reads(
        "camera.sites",
        "https://Meet.Example/",
        "https://meet.example",
    );
    reads("extensions.allowed", Given::List(Vec::new()), "none");
}

#[test]
fn strictness_is_an_order_of_its_setting() {
    compares("youtube.level", "strict", "moderate", Some(Greater));
    compares("youtube.level", "off", "moderate", Some(Less));
    compares("youtube.level", "off", "no", Some(Equal));
    compares("escape.guest", "closed", "open", Some(Greater));
    compares("password.min-length", "12", "8", Some(Greater));
    compares("screen.lock-after", "5", "15", Some(Greater));
    compares("sign-in.browser", "off", "on", Some(Greater));
    compares("sign-in.browser", "off", "forced", None);
    let both = || vec!["a.example", "b.example"];
    compares("sign-in.domains", "a.example", both(), Some(Greater));
    compares("sign-in.domains", both(), both(), Some(Equal));
    compares("sign-in.domains", "c.example", both(), None);
}

#[test]
fn what_cannot_be_compared_with_a_floor_falls_below_it() {
    let level = setting("youtube.level");
    let word = |word| level.parse(&Given::from(word)).expect(word);
    assert!(level.is_weaker(&word("moderate"), &word("strict")));
    assert!(!level.is_weaker(&word("strict"), &word("moderate")));
    assert!(!level.is_weaker(&word("strict"), &word("strict")));
    let browser = setting("sign-in.browser");
    assert!(browser.is_weaker(&Value::Level("off"), &Value::Level("forced")));
}

#[test]
fn a_browsers_own_policy_is_typed_by_the_browsers_definition() {
    reads("chromium.BookmarkBarEnabled", "no", "false");
    reads("chromium.HomepageLocation", "no", "\"no\"");
    reads("chromium.DefaultPopupsSetting", "2", "2");
    reads(
        "firefox.Homepage",
        table([("URL", "https://skola.example/")]),
        "{\"URL\":\"https://skola.example/\"}",
    );
}

fn table<const N: usize>(members: [(&str, &str); N]) -> Given {
    let members = members.map(|(name, value)| (name.to_owned(), Given::from(value)));
    Given::Table(BTreeMap::from(members))
}

#[test]
fn a_policy_that_would_do_harm_or_nothing_is_refused_with_its_reason() {
    for (name, reason) in [
        ("chromium.ForceSafeSearch", Refusal::SetsYouTube),
        ("chromium.SafeSitesFilterBehavior", Refusal::SendsAddresses),
        ("chromium.URLBlocklist", Refusal::WrittenByRules),
        ("chromium.DataControlsRules", Refusal::CloudOnly),
        (
            "chromium.RegisteredProtocolHandlers",
            Refusal::RecommendedOnly,
        ),
        (
            "chromium.SecondaryGoogleAccountSigninAllowed",
            Refusal::Elsewhere,
        ),
        ("chromium.ProxyMode", Refusal::Deprecated),
        ("chromium.VariationsRestrictParameter", Refusal::Internal),
        (
            "chromium.UserAgentReduction",
            Refusal::Removed {
                engine: Engine::Chromium,
                last: "144".parse().expect("a version"),
            },
        ),
    ] {
        assert!(find(name).is_none(), "{name}");
        assert_eq!(why_not(name), Some(reason), "{name}");
    }
    assert_eq!(why_not("chromium.NoSuchPolicy"), None);
    assert_eq!(why_not("chromium.HomepageLocation"), None);
    // Every policy of the catalogue can be set, or says why not.
    for policy in catalogue::all() {
        let name = policy.full_name;
        assert_ne!(find(name).is_some(), why_not(name).is_some(), "{name}");
    }
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest() {
    assert_eq!(nearest("youtube.levl"), Some("youtube.level"));
    assert_eq!(
        nearest("chromium.HomePageLocation"),
        Some("chromium.HomepageLocation")
    );
    assert_eq!(nearest("quux"), None);
}

#[test]
fn a_family_is_every_setting_before_the_point() {
    let names: Vec<_> = family("youtube").map(|setting| setting.name).collect();
    assert_eq!(names, ["youtube.identity", "youtube.level"]);
    assert_eq!(family("quux").count(), 0);
}

#[test]
fn an_identity_is_a_setting_of_its_host_and_of_what_is_below() {
    let over = |filter: &str| {
        let filter = filter.parse().expect(filter);
        identity_over(&filter).map(|setting| setting.name)
    };
    assert_eq!(over("www.youtube.com/watch"), Some("youtube.identity"));
    assert_eq!(over("notyoutube.com"), None);
    for ruled in RULED {
        assert!(find(ruled.identity).is_some(), "{}", ruled.identity);
        assert!(
            find(ruled.restricted_form).is_some(),
            "{}",
            ruled.restricted_form
        );
    }
}

/// R42: words in the names of policies over what sees, hears, measures or recognises people.
const OVER_PEOPLE: [&str; 10] = [
    "capture",
    "camera",
    "microphone",
    "sensors",
    "face",
    "biometr",
    "passkey",
    "webauthn",
    "visualsearch",
    "contentsharing",
];

/// Policies with such a name that no row writes, and why.
const NOT_OVER_PEOPLE: [(&str, &str); 6] = [
    (
        "chromium.AllowWebAuthnWithBrokenTlsCerts",
        "for tests of security keys",
    ),
    (
        "chromium.SameOriginTabCaptureAllowedByOrigins",
        "narrower than `screen-sharing.sites`",
    ),
    (
        "chromium.ScreenCaptureWithoutGestureAllowedForOrigins",
        "loosens how sharing begins",
    ),
    (
        "chromium.SensorsBlockedForUrls",
        "`motion-sensors.access` blocks every site",
    ),
    (
        "chromium.TabCaptureAllowedByOrigins",
        "narrower than `screen-sharing.sites`",
    ),
    (
        "chromium.WindowCaptureAllowedByOrigins",
        "narrower than `screen-sharing.sites`",
    ),
];

#[test]
fn every_policy_over_what_sees_people_is_written_by_a_row_or_is_named_with_the_reason() {
    let written: Vec<String> = all()
        .flat_map(|setting| {
            let of_one = |mechanism: Mechanism, engine: &'static str| {
                mechanism
                    .effects
                    .into_iter()
                    .filter_map(move |effect| match effect {
                        Effect::Policy(name, _) => Some(format!("{engine}.{name}")),
                        Effect::Block(_) | Effect::Allow(_) | Effect::Host(..) => None,
                    })
            };
            values(setting).into_iter().flat_map(move |value| {
                let (chromium, firefox) = match setting.lowering {
                    Lowering::Switch { chromium, firefox } => (chromium(), firefox()),
                    Lowering::ByValue { chromium, firefox } => (chromium(&value), firefox(&value)),
                    Lowering::Verbatim(_) | Lowering::NoTarget(_) => {
                        (Mechanism::inherent(), Mechanism::inherent())
                    }
                };
                of_one(chromium, "chromium").chain(of_one(firefox, "firefox"))
            })
        })
        .collect();
    let over_people = VERBATIM.keys().filter(|name| {
        let name = name.to_ascii_lowercase();
        OVER_PEOPLE.iter().any(|word| name.contains(word))
    });
    for name in over_people {
        let is_written = written.iter().any(|written| written == name);
        let is_named = NOT_OVER_PEOPLE.iter().any(|(policy, _)| policy == name);
        assert!(is_written != is_named, "{name}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_setting_panic(
        row in 0..all().count(), texts in proptest::collection::vec("\\PC{0,20}", 0..3),
    ) {
        let setting = all().nth(row).expect("a row");
        for text in &texts {
            let _ = setting.parse(&Given::from(text.as_str()));
        }
        let list = Given::List(texts.into_iter().map(Given::Scalar).collect());
        let _ = setting.parse(&list);
    }

    #[test]
    fn what_is_shown_of_a_value_reads_as_that_value(row in 0..all().count()) {
        let setting = all().nth(row).expect("a row");
        for value in values(setting) {
            let shown = value.to_string();
            let given = match &value {
                Value::Names(names) => Given::from(names.iter().map(String::as_str).collect::<Vec<_>>()),
                Value::Level(_) | Value::Number(_) | Value::Policy(_) => Given::Scalar(shown),
            };
            prop_assert_eq!(setting.parse(&given), Ok(value));
        }
    }
}
