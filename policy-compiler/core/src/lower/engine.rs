//! What one engine does to obey a group's policy: its file, its names, and how far each control
//! reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::{Coverage, Engine, Gap, GapReason};
use fyr_schemas::id::HostName;
use fyr_schemas::{CategoryId, ControlId};
use serde_json::Value as Json;
use url::Url;

use super::conflicts::{ClosedBySettings, without_conflicts};
use super::list_policy::{list_name, not_known, write_lists};
use super::merge::{self, Policies};
use super::packing::{Known, pack};
use super::placements::Placements;
use super::sites::{Entry, Origin, Site, Whole};
use super::{Clash, SettingValues, Unknown, gap, sites_control};
use crate::desired::{CategoryRule, Decided, Desired, SiteEntry};
use crate::gap::{Cause, Loss, NotKnown};
use crate::settings::{self, Effect, Kind, Mechanism, Reach, Setting, Value, mechanism};
use crate::url_filter::{SiteRule, UrlFilter, Verdict};

/// What one engine does.
#[derive(Debug)]
pub(super) struct Enforced {
    /// Its policy file.
    pub(super) policies: BTreeMap<String, Json>,
    /// The names it needs pinned.
    pub(super) hosts: BTreeMap<HostName, IpAddr>,
    /// The closed categories that its lists have no room for.
    pub(super) left: Vec<Whole>,
    /// What no one file can satisfy.
    pub(super) clashes: Vec<Clash>,
    /// What the oldest browser does not know.
    pub(super) too_new: Vec<Unknown>,
    outcomes: BTreeMap<ControlId, Outcome>,
}

/// How one control fares in one engine.
#[derive(Debug, Clone, Default)]
struct Outcome {
    policies: BTreeSet<&'static str>,
    hosts: BTreeSet<HostName>,
    lists: BTreeSet<CategoryId>,
    gap: Option<(GapReason, Cause)>,
    losses: Vec<Loss>,
    too_new: Vec<NotKnown>,
}

/// The names that some engine needs pinned to put a group's settings in force.
pub(super) fn pinned<'d>(drafts: impl IntoIterator<Item = &'d Draft>) -> BTreeSet<HostName> {
    let hosts = drafts.into_iter().flat_map(|draft| draft.hosts.keys());
    hosts.cloned().collect()
}

/// The verdicts over sites by which an engine puts a setting's value in force.
pub(crate) fn sites_of(
    engine: Engine,
    setting: &Setting,
    value: &Value,
) -> impl Iterator<Item = SiteRule> {
    let effects = mechanism(engine, Some(setting), value).effects;
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Block(filter) => Some((Verdict::Block, filter)),
            Effect::Allow(filter) => Some((Verdict::Allow, filter)),
            Effect::Policy(..) | Effect::Host(..) => None,
        })
        .map(|(verdict, filter)| SiteRule { verdict, filter })
}

/// Whether some engine puts a setting's value in force by what it does to the address's host.
pub(crate) fn acts_on(setting: &Setting, value: &Value, url: &Url) -> bool {
    Engine::ALL
        .into_iter()
        .flat_map(|engine| mechanism(engine, Some(setting), value).effects)
        .any(|effect| match effect {
            Effect::Block(filter) | Effect::Allow(filter) => filter.names_host_of(url),
            Effect::Host(name, _) => url.host_str().is_some_and(|host| leads_to(host, &name)),
            Effect::Policy(..) => false,
        })
}

/// Search engines and YouTube are pinned at `www`, where their bare names send people.
fn leads_to(host: &str, pinned: &HostName) -> bool {
    let pinned = pinned.as_str();
    pinned == host || pinned.strip_prefix("www.") == Some(host)
}

/// An engine's policy while it grows: what settings want, and then what rules say of sites.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    engine: Engine,
    /// The oldest browser of this engine that has to obey.
    oldest: Option<BrowserVersion>,
    policies: Policies,
    hosts: BTreeMap<HostName, IpAddr>,
    entries: Vec<Entry>,
    closed_by_settings: Rc<ClosedBySettings>,
    /// What groups of these settings share of the lists.
    known: Rc<Known>,
    clashes: Vec<Clash>,
    too_new: Vec<Unknown>,
    outcomes: BTreeMap<ControlId, Outcome>,
}

impl Draft {
    /// What settings want of an engine.
    pub(super) fn of_settings(
        engine: Engine,
        settings: &SettingValues<'_>,
        oldest: Option<BrowserVersion>,
    ) -> Self {
        let mut draft = Self::new(engine, oldest);
        let (verbatim, own): (Vec<_>, Vec<_>) = settings
            .iter()
            .map(|(id, value)| (*id, settings::find(id.as_str()), *value))
            .partition(|(_, setting, _)| {
                setting.is_some_and(|setting| matches!(setting.kind, Kind::Policy(_)))
            });
        // A setting of the table says more than a browser's own policy and overrides it.
        for (wanting, origin) in [
            (own, merge::Origin::Setting),
            (verbatim, merge::Origin::Verbatim),
        ] {
            for (id, setting, value) in wanting {
                draft.apply((id, origin), mechanism(engine, setting, value));
            }
        }
        draft.closed_by_settings = Rc::new(ClosedBySettings::of(&draft.entries));
        draft
    }

    /// Puts it in force together with what rules say of sites.
    pub(super) fn enforce(mut self, desired: &Desired, pinned: &BTreeSet<HostName>) -> Enforced {
        for parts in &desired.kept_parts {
            let control = sites_control(parts.value.verdict, &parts.rule);
            let loss = Loss::too_many_parts(&parts.value);
            self.outcome(&control).losses.push(loss);
        }
        for site in &desired.sites {
            self.apply_rule(site, pinned);
        }
        self.finish()
    }

    /// What enforcing it would report: the clashes, and what the oldest browser does not know.
    /// Nothing is lowered for it.
    pub(super) fn objections(&self, sites: &[Decided<SiteEntry>]) -> (Vec<Clash>, Vec<Unknown>) {
        let own = self.closed_by_settings.is_everything();
        let is_everything_closed = own || sites.iter().any(|site| site.value.closes_everything());
        let mut clashes = self.clashes.clone();
        for site in sites.iter().filter(|site| site.value.verdict().is_open()) {
            let entry = Entry::of_rule(site);
            let barred = self.closed_by_settings.bars(&entry, is_everything_closed);
            clashes.extend(barred.into_iter().map(|(filter, kept)| Clash {
                engine: self.engine,
                subject: filter.to_string(),
                kept,
                dropped: entry.control().clone(),
            }));
        }
        (clashes, self.too_new.clone())
    }

    /// How many sites settings open.
    pub(super) fn opened(&self) -> usize {
        let entries = self.entries.iter();
        entries.filter(|entry| !entry.is_closed()).count()
    }

    /// Whether settings close everything that no entry opens.
    pub(super) fn closes_everything(&self) -> bool {
        self.closed_by_settings.is_everything()
    }

    /// Whether the oldest browser knows the lists that sites are written to.
    pub(super) fn knows_lists(&self) -> bool {
        let knows = |oldest, verdict| {
            let list = list_name(self.engine, verdict);
            not_known(self.engine, oldest, list, &Json::Null).is_empty()
        };
        self.oldest.is_none_or(|oldest| {
            Verdict::ALL
                .into_iter()
                .all(|verdict| knows(oldest, verdict))
        })
    }

    fn new(engine: Engine, oldest: Option<BrowserVersion>) -> Self {
        Self {
            engine,
            oldest,
            policies: Policies::default(),
            hosts: BTreeMap::new(),
            entries: Vec::new(),
            closed_by_settings: Rc::default(),
            known: Rc::default(),
            clashes: Vec::new(),
            too_new: Vec::new(),
            outcomes: BTreeMap::new(),
        }
    }

    fn apply(&mut self, (control, origin): (&ControlId, merge::Origin), mechanism: Mechanism) {
        let outcome = self.outcomes.entry(control.clone()).or_default();
        outcome.gap = match mechanism.reach {
            Reach::Whole | Reach::Inherent => None,
            Reach::Gap(reason, detail) => Some((reason, Cause::Setting(detail))),
        };
        for effect in mechanism.effects {
            self.apply_effect((control, origin), effect);
        }
    }

    fn apply_effect(&mut self, (control, origin): (&ControlId, merge::Origin), effect: Effect) {
        match effect {
            Effect::Policy(name, value) => {
                self.note_what_is_too_new(control, name, &value);
                match self.policies.join(name, value, (control, origin)) {
                    Ok(()) => {
                        self.outcome(control).policies.insert(name);
                    }
                    Err(owner) => self.clash(name.to_owned(), owner, control),
                }
            }
            Effect::Block(filter) => self.apply_site(control, Verdict::Block, filter),
            Effect::Allow(filter) => self.apply_site(control, Verdict::Allow, filter),
            Effect::Host(name, address) => {
                self.hosts.insert(name.clone(), address);
                self.outcome(control).hosts.insert(name);
            }
        }
    }

    fn apply_site(&mut self, control: &ControlId, verdict: Verdict, filter: UrlFilter) {
        self.entries.push(Entry::One(Site {
            verdict,
            filter,
            control: control.clone(),
            origin: Origin::Setting,
        }));
    }

    /// Adds what a rule says of sites. Of a category, domains that are pinned are for the browser's
    /// own list: a name cannot lead somewhere and nowhere.
    fn apply_rule(&mut self, decided: &Decided<SiteEntry>, pinned: &BTreeSet<HostName>) {
        let mut whole = match Entry::of_rule(decided) {
            Entry::One(site) => return self.entries.push(Entry::One(site)),
            Entry::Whole(whole) => whole,
        };
        if whole.is_closed() {
            let domains = pinned
                .iter()
                .filter_map(|name| closed_with(&whole.rule, name));
            let domains: Vec<String> = domains.map(str::to_owned).collect();
            for domain in domains {
                self.entries.push(Entry::One(whole.site(&domain)));
                whole.rule.except.insert(domain);
            }
        }
        self.entries.push(Entry::Whole(whole));
    }

    fn clash(&mut self, subject: String, kept: ControlId, dropped: &ControlId) {
        let overridden = Cause::Overridden {
            by: kept.clone(),
            subject: subject.clone(),
        };
        self.outcome(dropped).gap = Some((GapReason::Partial, overridden));
        self.clashes.push(Clash {
            engine: self.engine,
            subject,
            kept,
            dropped: dropped.clone(),
        });
    }

    /// Records that a category is closed by the names that the device does not resolve.
    fn leave_to_hosts(&mut self, whole: &Whole) {
        let names = whole.rule.category.host_names();
        let unfit = names.unfit.iter();
        let lost = unfit.filter(|name| !whole.rule.except.contains(*name));
        let losses: Vec<Loss> = lost.map(|name| Loss::no_host_name(name)).collect();
        let outcome = self.outcome(&whole.control);
        outcome.losses.extend(losses);
        if names.count > 0 {
            outcome.lists.insert(whole.rule.category.id.clone());
        }
    }

    /// The policy is written all the same: newer browsers obey it.
    fn note_what_is_too_new(&mut self, control: &ControlId, policy: &str, value: &Json) {
        let Some(oldest) = self.oldest else {
            return;
        };
        for unknown in not_known(self.engine, oldest, policy, value) {
            self.outcome(control).too_new.push(unknown.clone());
            self.too_new.push(Unknown {
                engine: self.engine,
                control: control.clone(),
                policy: unknown.policy,
                needs: unknown.needs,
                oldest,
            });
        }
    }

    fn outcome(&mut self, control: &ControlId) -> &mut Outcome {
        self.outcomes.entry(control.clone()).or_default()
    }

    /// Where it puts each verdict over sites in force, beside the other engine.
    pub(super) fn placements(
        mut self,
        desired: &Desired,
        pinned: &BTreeSet<HostName>,
    ) -> Placements {
        for site in &desired.sites {
            self.apply_rule(site, pinned);
        }
        let entries = std::mem::take(&mut self.entries);
        let (entries, _clashes) = without_conflicts(self.engine, entries, &self.closed_by_settings);
        let lists = pack(self.engine, &entries, &self.closed_by_settings, &self.known);
        Placements::new(self.engine, self.oldest, entries, lists)
    }

    fn finish(mut self) -> Enforced {
        let entries = std::mem::take(&mut self.entries);
        let (entries, clashes) = without_conflicts(self.engine, entries, &self.closed_by_settings);
        for clash in clashes {
            self.clash(clash.subject, clash.kept, &clash.dropped);
        }
        let lists = pack(self.engine, &entries, &self.closed_by_settings, &self.known);
        for whole in &lists.left {
            self.leave_to_hosts(whole);
        }
        for (control, verdict) in &lists.entered {
            let list = list_name(self.engine, *verdict);
            self.note_what_is_too_new(control, list, &Json::Null);
            self.outcome(control).policies.insert(list);
        }
        let mut policies = self.policies.into_file();
        write_lists(self.engine, &lists, &mut policies);
        for (control, loss) in lists.losses {
            self.outcomes.entry(control).or_default().losses.push(loss);
        }
        Enforced {
            policies,
            left: lists.left,
            hosts: self.hosts,
            clashes: self.clashes,
            too_new: self.too_new,
            outcomes: self.outcomes,
        }
    }
}

/// The domain of a closed category that a device could not close where it resolves `name`.
fn closed_with<'r>(rule: &'r CategoryRule, name: &HostName) -> Option<&'r str> {
    let name = name.as_str();
    let bare = name.strip_prefix("www.").unwrap_or(name);
    [name, bare]
        .into_iter()
        .find_map(|name| rule.domain_over(name).filter(|domain| *domain == name))
}

impl Enforced {
    /// How a control is enforced; a control without an outcome needs nothing.
    pub(super) fn coverage(&self, control: &ControlId) -> Coverage {
        let Some(outcome) = self.outcomes.get(control) else {
            return Coverage::Inherent;
        };
        if let Some(gap) = outcome.gap() {
            return Coverage::Gap(gap);
        }
        // Names come first: where both are needed, the policy only tidies up after the name.
        if !outcome.hosts.is_empty() {
            return Coverage::Hosts(outcome.hosts.iter().cloned().collect());
        }
        if !outcome.lists.is_empty() {
            return Coverage::Lists(outcome.lists.iter().cloned().collect());
        }
        if outcome.policies.is_empty() {
            return Coverage::Inherent;
        }
        Coverage::Policy(
            outcome
                .policies
                .iter()
                .map(|&name| name.to_owned())
                .collect(),
        )
    }
}

impl Outcome {
    fn gap(&self) -> Option<Gap> {
        let lost = self
            .losses
            .split_first()
            .map(|(first, others)| Cause::Lost {
                first: first.clone(),
                more: others.len(),
            });
        let too_new = self.too_new.iter().cloned().map(Cause::NotKnown);
        let besides: Vec<Cause> = lost.into_iter().chain(too_new).collect();
        if besides.is_empty() {
            let (reason, cause) = self.gap.as_ref()?;
            return Some(gap(*reason, std::slice::from_ref(cause)));
        }
        let by_names = (!self.lists.is_empty()).then(|| Cause::ByNames(self.lists.clone()));
        let own = self.gap.iter().map(|(_, cause)| cause.clone());
        let all: Vec<Cause> = own.chain(besides).chain(by_names).collect();
        Some(gap(GapReason::Partial, &all))
    }
}
