//! Names on the internet that look like one of the organisation's own, or mix alphabets.

use std::collections::BTreeMap;

use fyr_policy_source::At;

use crate::finding::{Diagnostic, Name as Found, Role};
use crate::letters;
use crate::policy::Policy;
use crate::source::Place;
use crate::url_filter::{Host, UrlFilter};

pub(super) fn check(policy: &Policy) -> Vec<Diagnostic> {
    let own: Vec<Name> = own(policy).collect();
    let mut by_looks: BTreeMap<String, &Name> = BTreeMap::new();
    for name in &own {
        by_looks.entry(letters::looks(&name.shown)).or_insert(name);
    }
    let in_rules: Vec<Name> = in_rules(policy).collect();
    own.iter()
        .chain(&in_rules)
        .filter_map(|name| looks_like_own(name, &by_looks).or_else(|| mixes(name)))
        .collect()
}

/// A name on the internet, where it is written.
struct Name {
    /// The name as a browser shows it.
    shown: String,
    spelling: Spelling,
    place: Place,
}

/// How a name is written in the source.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// As it is shown.
    Shown,
    /// In the `xn--` form, which looks like nothing else.
    Encoded,
}

impl Name {
    fn of(written: &str, host: &str, place: Place) -> Self {
        let (shown, _) = idna::domain_to_unicode(host);
        let spelling = if written.is_ascii() && !shown.is_ascii() {
            Spelling::Encoded
        } else {
            Spelling::Shown
        };
        Self {
            shown,
            spelling,
            place,
        }
    }

    /// The name in a site as it is written; none for a service or a category.
    fn of_site(site: &str, place: Place) -> Option<Self> {
        match &site.parse::<UrlFilter>().ok()?.host {
            Host::Exact(host) | Host::WithSubdomains(host) => Some(Self::of(site, host, place)),
            Host::Any | Host::Address(_) => None,
        }
    }
}

/// The names that people trust: where they sign in, and the services of the catalogue.
fn own(policy: &Policy) -> impl Iterator<Item = Name> {
    let file = &policy.organisation;
    let sign_in = file.document.sign_in.domains.iter().map(|domain| {
        let host = domain.as_str();
        Name::of(host, host, file.place(domain))
    });
    let reachable = file.document.always_reachable.iter();
    let reachable = reachable.filter_map(|site| Name::of_site(site, file.place(site)));
    let services = policy.services.values().flat_map(|service| {
        let sites = service.source.document.sites.iter();
        sites.filter_map(|site| Name::of_site(site, service.source.place(site)))
    });
    sign_in.chain(reachable).chain(services)
}

/// The names that rules open themselves. Whoever closes a name that deceives means that very name.
fn in_rules(policy: &Policy) -> impl Iterator<Item = Name> {
    policy.rules.values().flat_map(|rule| {
        let sites = &rule.source.document.sites;
        let name = |site: &At<String>| Name::of_site(site, rule.source.place(site));
        sites.allow.iter().chain(&sites.warn).filter_map(name)
    })
}

/// A name that ends as one of the organisation's own seems to, and is another.
fn looks_like_own(name: &Name, by_looks: &BTreeMap<String, &Name>) -> Option<Diagnostic> {
    let ends = std::iter::successors(Some(name.shown.as_str()), |end| {
        end.split_once('.').map(|(_, end)| end)
    });
    ends.filter(|end| end.contains('.')).find_map(|end| {
        let own = by_looks.get(&letters::looks(end))?;
        (own.shown != end).then(|| {
            Diagnostic::of(Found::LooksLikeOwn {
                name: name.shown.clone(),
                own: own.shown.clone(),
            })
            .at(name.place, difference(end, &own.shown))
            .at(own.place, Role::ImitatedName)
        })
    })
}

/// The first character in which two names that look alike differ.
fn difference(name: &str, own: &str) -> Role {
    let differs = name.chars().zip(own.chars()).find(|(a, b)| a != b);
    match differs {
        Some((letter, _)) => Role::Letter {
            letter,
            looks_like: None,
        },
        None => Role::LooksTheSame,
    }
}

/// A label that mixes alphabets; a single word that does so is found when its file is read.
fn mixes(name: &Name) -> Option<Diagnostic> {
    let stranger = |text: &str| {
        let letters = text
            .char_indices()
            .filter(|(_, letter)| letter.is_alphabetic());
        letters::stranger(letters)
    };
    let label = name
        .shown
        .split('.')
        .find(|label| stranger(label).is_some())?;
    let mut words = label.split(|letter: char| !letter.is_alphabetic());
    if name.spelling == Spelling::Shown && words.any(|word| stranger(word).is_some()) {
        return None;
    }
    let found = stranger(label)?;
    Some(
        Diagnostic::of(Found::MixedAlphabets {
            word: label.to_owned(),
            looks_like: None,
            host: None,
        })
        .at(
            name.place,
            Role::Letter {
                letter: found.letter,
                looks_like: Some(found.looks_like),
            },
        ),
    )
}
