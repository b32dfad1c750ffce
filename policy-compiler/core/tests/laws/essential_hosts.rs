//! In every policy: what helps people, and what they sign in through, stays open on every
//! device, or the policy does not compile.

use fyr_fixtures::Replaced as _;
use fyr_policy_core::{Code, Compilation, Sources, compile};
use fyr_schemas::bundle::Engine;
use proptest::prelude::*;
use url::Url;

use crate::DAY;
use crate::device::Device;
use crate::municipality::{DECISION, FYR, UNITS_FILE};

/// Names that come last in any order of names.
const ESSENTIAL_HOSTS: [&str; 3] = [
    "zzhjaelp.example",
    "zz.fyrby.example",
    "accounts.google.com",
];

/// A policy that closes everything but these sites, and the members of a category.
fn all_but(allowed: &[String], members: &[String]) -> Compilation {
    let named = "sign-in: { domains: [fyrby.example], providers: [google] }\n\
                 always-reachable: [zz.fyrby.example]\n";
    let fyr = FYR.replaced("sign-in: { domains: [fyrby.example] }\n", named);
    let rule = format!(
        "rule: lukket\ndecision: R-1\nfor: /\nstrength: minimum\nsites:\n  block: ['*']\n  \
         allow: ['category:aaben', {}]\nwhy: {{ da: ro }}\n",
        allowed.join(", ")
    );
    let helpline = "service: hjaelp\nname: Hjælpen\nkind: helpline\nsites: [zzhjaelp.example]\n";
    let list = "category: aaben\ntitle: { da: åben }\nsource: os\nlicence: fri\nfiles: [aaben]\n";
    let files = [
        ("fyr.yaml", fyr),
        ("units.yaml", UNITS_FILE.to_owned()),
        ("decisions/all.yaml", DECISION.to_owned()),
        ("services/hjaelp.yaml", helpline.to_owned()),
        ("rules/lukket.yaml", rule),
        ("lists/aaben.yaml", list.to_owned()),
        ("lists/aaben", members.join("\n")),
    ];
    let files = files.into_iter();
    let sources: Sources = files.map(|(path, text)| (path.to_owned(), text)).collect();
    compile(&sources, DAY)
}

fn listed(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("s{number}.example"))
        .collect()
}

/// The essential hosts that some browser of some group closes.
fn closed(compilation: &Compilation) -> Vec<String> {
    let mut closed = Vec::new();
    for group in compilation.bundles.keys() {
        let device = Device::new(compilation, group);
        for essential_host in ESSENTIAL_HOSTS {
            let url: Url = format!("https://{essential_host}/")
                .parse()
                .expect("an address");
            for engine in Engine::ALL {
                if !device.opens(engine, &url) {
                    closed.push(format!("{essential_host} for {group} in {engine}"));
                }
            }
        }
    }
    closed
}

#[test]
fn essential_hosts_are_in_the_browsers_lists_beside_more_allows_than_these_hold() {
    let allowed = [listed(1500), ESSENTIAL_HOSTS.map(str::to_owned).to_vec()].concat();
    let compilation = all_but(&allowed, &["andet.example".to_owned()]);
    assert!(!compilation.failed(), "{:?}", compilation.diagnostics);
    assert!(!compilation.bundles.is_empty());
    assert_eq!(closed(&compilation), Vec::<String>::new());
}

/// A category is in a list as a whole or not at all.
#[test]
fn an_essential_host_that_only_a_category_opens_which_no_list_holds_is_reported() {
    let [helpline, others @ ..] = ESSENTIAL_HOSTS.map(str::to_owned);
    let members = [listed(1500), vec![helpline.clone()]].concat();
    let compilation = all_but(&others, &members);
    let mut errors = compilation.diagnostics.iter();
    assert!(compilation.bundles.is_empty());
    assert!(errors.any(|finding| finding.code() == Code::HelplineBlocked));
    let repaired = all_but(&[&others[..], &[helpline]].concat(), &members);
    assert!(!repaired.failed(), "{:?}", repaired.diagnostics);
    assert_eq!(closed(&repaired), Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Each essential host is allowed by its name or as a member of a category, beside as many others.
    #[test]
    fn what_compiles_opens_every_essential_host(
        named in 1..1300_usize,
        members in 0..1300_usize,
        is_member in any::<[bool; 3]>(),
    ) {
        let (mut allowed, mut members) = (listed(named), listed(members));
        for (essential_host, is_member) in ESSENTIAL_HOSTS.into_iter().zip(is_member) {
            let opened = if is_member { &mut members } else { &mut allowed };
            opened.push(essential_host.to_owned());
        }
        members.push("andet.example".to_owned());
        let compilation = all_but(&allowed, &members);
        prop_assert_eq!(closed(&compilation), Vec::<String>::new());
    }
}
