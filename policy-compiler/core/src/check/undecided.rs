//! Rules that cite no decision and loosen what a decision says above: whoever may decide nothing
//! there would have decided it.

use std::collections::BTreeMap;

use fyr_schemas::{CaseNumber, GroupId};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, groups_in_words};
use crate::resolve::{Resolution, Resolved, Settled, SiteVoice, Sites};
use crate::source::Place;

pub(super) fn check(resolution: &Resolution<'_>) -> Vec<Diagnostic> {
    let mut loosened: BTreeMap<Loosened<'_>, Vec<&GroupId>> = BTreeMap::new();
    for resolved in resolution.at_all_times() {
        for found in in_group(resolved) {
            let groups = loosened.entry(found).or_default();
            if !groups.contains(&&resolved.group.id) {
                groups.push(&resolved.group.id);
            }
        }
    }
    let loosened = loosened.iter();
    loosened
        .map(|(loosened, groups)| loosened.tell(groups))
        .collect()
}

/// What a decision says, and the rule without one that says less.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Loosened<'a> {
    by: (Place, &'a str, String),
    decided: (Place, &'a str, String),
    case: &'a CaseNumber,
}

impl Loosened<'_> {
    fn tell(&self, groups: &[&GroupId]) -> Diagnostic {
        let ((here, rule, says), (there, above, said)) = (&self.by, &self.decided);
        Diagnostic::new(
            Code::NotCompetent,
            format!(
                "`{rule}` cites no decision and loosens what `{}` decided",
                self.case
            ),
        )
        .at(
            *here,
            format!("`{rule}` says `{says}` for {}", groups_in_words(groups)),
        )
        .at(*there, format!("`{above}` says `{said}`"))
        .help("cite the decision of a body that may decide this, or remove it")
    }
}

fn in_group<'a>(resolved: &Resolved<'a>) -> Vec<Loosened<'a>> {
    let settings = resolved.settings.values();
    settings
        .filter_map(of_setting)
        .chain(of_sites(&resolved.sites))
        .collect()
}

fn of_setting<'a>(settled: &Settled<'a>) -> Option<Loosened<'a>> {
    let holds = settled.holds;
    if holds.rule.decision().is_some() {
        return None;
    }
    let mut above = settled.overridden.iter();
    let decided = above.find(|voice| {
        voice.rule.decision().is_some()
            && voice.rule.layer() < holds.rule.layer()
            && settled.setting.is_weaker(holds.value, voice.value)
    })?;
    let said = |value| format!("{}: {value}", settled.setting.name);
    Some(Loosened {
        by: (holds.place, holds.rule.id().as_str(), said(holds.value)),
        decided: (
            decided.place,
            decided.rule.id().as_str(),
            said(decided.value),
        ),
        case: decided.rule.decision()?,
    })
}

/// Both ways: an undecided site inside what is decided, and a decided site inside what is not.
fn of_sites<'a>(sites: &Sites<'a>) -> Vec<Loosened<'a>> {
    let undecided = |voice: &&SiteVoice<'_>| voice.rule.decision().is_none();
    if !sites.voices.iter().any(|voice| undecided(&voice)) {
        return Vec::new();
    }
    let inner = sites.voices.iter().filter(undecided).filter_map(|voice| {
        let filter = voice.says.sites.filter()?;
        let decides = sites.verdict_over_filter(filter)?;
        let without = sites.verdict_over_without(filter, voice.says.place)?;
        (decides.says.place == voice.says.place).then(|| of_site(voice, &without))?
    });
    let outer = sites.voices.iter().filter_map(|decided| {
        decided.rule.decision()?;
        of_site(&sites.verdict_over(&decided.says.sites)?, decided)
    });
    inner.chain(outer).collect()
}

fn of_site<'a>(decides: &SiteVoice<'a>, above: &SiteVoice<'a>) -> Option<Loosened<'a>> {
    let loosens = decides.rule.decision().is_none()
        && above.rule.layer() < decides.rule.layer()
        && decides.says.verdict < above.says.verdict;
    loosens.then_some(())?;
    let said = |voice: &SiteVoice<'a>| {
        (
            voice.says.place,
            voice.rule.id().as_str(),
            voice.to_string(),
        )
    };
    Some(Loosened {
        by: said(decides),
        decided: said(above),
        case: above.rule.decision()?,
    })
}
