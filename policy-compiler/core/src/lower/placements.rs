//! Where each verdict over sites is in force in one engine, site by site: in the browser's own
//! list, by name on the device, without an entry, or nowhere, and then why.
//!
//! It is found in the lists as they were filled and not where they are filled: what is not asked
//! for costs nothing, and a list filled wrongly would be reported as it is.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::BrowserVersion;
use fyr_schemas::bundle::Engine;
use fyr_schemas::{CategoryId, ControlId, HostName};
use serde_json::Value as Json;

use super::closed_by_name;
use super::list_policy::{list_name, not_known};
use super::packing::written;
use super::sites::{Entry, Lists, Site, Whole};
use super::sites_control;
use crate::desired::{Decided, PartsRule};
use crate::gap::{LONGEST_LIST, Loss, LossReason, NotKnown};
use crate::url_filter::{ByHost, UrlFilter, Verdict};

/// Where a verdict over a site is in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(tag = "where", rename_all = "kebab-case")]
pub enum Placement {
    /// In the browser: by this list of its own.
    Browser {
        /// The policy that holds the list.
        list: &'static str,
    },
    /// On the device, which does not resolve the names of this category: what lies below a name,
    /// other than `www.`, stays open.
    Device {
        /// The category whose names it closes.
        category: CategoryId,
    },
    /// Open: nothing closes it.
    Inherent,
    /// Nowhere, and why.
    Nowhere(LossReason),
}

/// Sites that are enforced in one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SitesAt {
    /// How many they are.
    pub count: usize,
    /// Those that are listed one by one, as filters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<String>,
    /// Categories all of whose domains are among them, except a few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<AllBut>,
}

/// The domains of a category except some.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AllBut {
    /// The category.
    pub category: CategoryId,
    /// The domains of it that are listed elsewhere, sorted.
    pub except: BTreeSet<String>,
}

/// How full a browser's lists are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Filled {
    /// Entries of closed sites.
    pub closed: usize,
    /// Entries of open sites.
    pub open: usize,
    /// The entries of one list that the browser reads.
    pub of: usize,
}

/// One engine's lists as they were filled, ready to be asked where a verdict is in force.
#[derive(Debug)]
pub(crate) struct Placements {
    engine: Engine,
    entries: Vec<Entry>,
    kept_parts: Vec<(ControlId, PartsRule)>,
    /// The filters among the entries.
    placed: ByHost<UrlFilter>,
    closed: List,
    open: List,
    /// The categories that this engine's list has no room for.
    left: Vec<Whole>,
    /// The categories whose names the device closes, for this engine or another.
    by_name: Vec<Whole>,
    /// Why what is in no list is not, by what it is.
    losses: BTreeMap<String, LossReason>,
    /// What the oldest browser would need to know the lists.
    unread: BTreeMap<&'static str, NotKnown>,
}

/// The entries of one list of a browser.
#[derive(Debug, Default)]
struct List {
    texts: BTreeSet<String>,
    by_host: ByHost<UrlFilter>,
}

impl List {
    fn new(
        engine: Engine,
        texts: Vec<String>,
        entries: &[Entry],
        holds: fn(&Entry) -> bool,
    ) -> Self {
        let mut list = Self {
            texts: texts.into_iter().collect(),
            by_host: ByHost::default(),
        };
        for entry in entries.iter().filter(|entry| holds(entry)) {
            match entry {
                Entry::One(site) => list.file(engine, &site.filter),
                Entry::Whole(whole) if whole.rule.count() <= LONGEST_LIST => {
                    whole
                        .sites()
                        .for_each(|site| list.file(engine, &site.filter));
                }
                // A category that is longer than a list is in none.
                Entry::Whole(_) => {}
            }
        }
        list
    }

    fn file(&mut self, engine: Engine, filter: &UrlFilter) {
        if self.holds(engine, filter) {
            self.by_host.file(filter, filter.clone());
        }
    }

    fn holds(&self, engine: Engine, filter: &UrlFilter) -> bool {
        written(engine, filter).is_ok_and(|text| self.texts.contains(&text))
    }
}

impl Placements {
    /// Where an engine has put its entries.
    pub(super) fn new(
        engine: Engine,
        oldest: Option<BrowserVersion>,
        entries: Vec<Entry>,
        lists: Lists,
    ) -> Self {
        let mut losses = BTreeMap::new();
        for (_, Loss { what, reason }) in lists.losses {
            losses.entry(what).or_insert(reason);
        }
        let names = Verdict::ALL.map(|verdict| list_name(engine, verdict));
        let unread = names.into_iter().filter_map(|name| {
            let oldest = oldest?;
            let unknown = not_known(engine, oldest, name, &Json::Null);
            Some((name, unknown.into_iter().next()?))
        });
        let mut placed = ByHost::default();
        for entry in &entries {
            if let Entry::One(site) = entry {
                placed.file(&site.filter, site.filter.clone());
            }
        }
        Self {
            engine,
            closed: List::new(engine, lists.closed, &entries, Entry::is_closed),
            open: List::new(engine, lists.open, &entries, |entry| !entry.is_closed()),
            placed,
            entries,
            kept_parts: Vec::new(),
            by_name: lists.left.clone(),
            left: lists.left,
            losses,
            unread: unread.collect(),
        }
    }

    /// Both engines of one device, with the parts that neither is given.
    pub(super) fn on_one_device(
        [mut chromium, mut firefox]: [Self; 2],
        kept_parts: &[Decided<PartsRule>],
    ) -> [Self; 2] {
        let by_name: Vec<Whole> = closed_by_name(&chromium.left, &firefox.left)
            .cloned()
            .collect();
        for one in [&mut chromium, &mut firefox] {
            one.by_name.clone_from(&by_name);
            let parts = kept_parts.iter();
            let parts = parts.map(|decided| {
                let control = sites_control(decided.value.verdict, &decided.rule);
                (control, decided.value.clone())
            });
            one.kept_parts = parts.collect();
        }
        [chromium, firefox]
    }

    /// The engine.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// How full its lists are.
    pub(crate) fn filled(&self) -> Filled {
        Filled {
            closed: self.closed.texts.len(),
            open: self.open.texts.len(),
            of: LONGEST_LIST,
        }
    }

    /// Where the verdict over what a filter matches, and no narrower one does, is in force.
    pub(crate) fn of(&self, verdict: Verdict, filter: &UrlFilter) -> Placement {
        let given = self.given(verdict, filter);
        given.unwrap_or_else(|| Placement::Nowhere(self.reason(filter)))
    }

    /// The same; `None` where a list lacks what it would take.
    fn given(&self, verdict: Verdict, filter: &UrlFilter) -> Option<Placement> {
        let given = if verdict.is_open() {
            self.of_open(filter)
        } else {
            self.of_closed(filter)
        };
        let given = match given? {
            Placement::Browser { list } => match self.unread.get(list) {
                Some(needs) => Placement::Nowhere(LossReason::Unread(needs.clone())),
                None => Placement::Browser { list },
            },
            given @ (Placement::Device { .. } | Placement::Inherent | Placement::Nowhere(_)) => {
                given
            }
        };
        Some(match given {
            Placement::Browser { .. } | Placement::Inherent if verdict == Verdict::Warn => {
                Placement::Nowhere(LossReason::NoWarning)
            }
            given => given,
        })
    }

    /// The same for a part of a category that no browser is given.
    fn of_part(&self, parts: &PartsRule, part: &UrlFilter) -> Placement {
        let given = self.given(parts.verdict, part);
        given.unwrap_or_else(|| Placement::Nowhere(Loss::too_many_parts(parts).reason))
    }

    /// What is lost where a filter is in force nowhere for this reason.
    pub(crate) fn loss(&self, filter: &UrlFilter, reason: LossReason) -> Loss {
        if let LossReason::TooManyParts { .. } = reason
            && let Some(parts) = self.kept(filter)
        {
            return Loss::too_many_parts(parts);
        }
        let what = filter.to_string();
        Loss { what, reason }
    }

    /// Why a filter is in force nowhere.
    fn reason(&self, filter: &UrlFilter) -> LossReason {
        if let Some(reason) = self.losses.get(&filter.to_string()) {
            return reason.clone();
        }
        let unnamed = |whole: &Whole, name| whole.rule.domain_over(name) == Some(name);
        if let Some(name) = filter.host_name()
            && *filter == UrlFilter::of_domain(name)
            && self.left.iter().any(|whole| unnamed(whole, name))
        {
            return LossReason::NoHostName;
        }
        // INVARIANT: what gets into no list for another reason is a recorded loss, and a category
        // that is lost as a whole did not fit.
        self.kept(filter).map_or(LossReason::ListFull, |parts| {
            Loss::too_many_parts(parts).reason
        })
    }

    /// The parts that no browser is given, with this one among them.
    fn kept(&self, part: &UrlFilter) -> Option<&PartsRule> {
        let mut kept = self.kept_parts.iter().map(|(_, parts)| parts);
        kept.find(|parts| parts.parts().any(|one| one == part))
    }

    /// Where every site is in force, by the control that wants its verdict.
    pub(crate) fn by_control(&self) -> BTreeMap<ControlId, BTreeMap<Placement, SitesAt>> {
        let mut placed = ByControl::default();
        for entry in &self.entries {
            match entry {
                Entry::One(site) => self.add(site, &mut placed),
                Entry::Whole(whole) => self.add_whole(whole, &mut placed),
            }
        }
        for (control, parts) in &self.kept_parts {
            for part in parts.parts() {
                placed.add(control, self.of_part(parts, part), part);
            }
        }
        placed.0
    }

    fn add(&self, site: &Site, placed: &mut ByControl) {
        let place = self.of(site.verdict, &site.filter);
        placed.add(&site.control, place, &site.filter);
    }

    fn add_whole(&self, whole: &Whole, placed: &mut ByControl) {
        let all = match whole.rule.verdict {
            Verdict::Block if self.left.contains(whole) => self.add_closed_by_name(whole, placed),
            Verdict::Allow if !self.closes_everything() => (Placement::Inherent, BTreeSet::new()),
            Verdict::Warn if !self.closes_everything() => {
                (Placement::Nowhere(LossReason::NoWarning), BTreeSet::new())
            }
            Verdict::Allow | Verdict::Warn | Verdict::Block => {
                whole.sites().for_each(|site| self.add(&site, placed));
                return;
            }
        };
        placed.add_all_but(whole, all);
    }

    /// Lists the domains of a category that is left to the device and is closed elsewhere, or
    /// that the device cannot close; what is left are all the others.
    fn add_closed_by_name(
        &self,
        whole: &Whole,
        placed: &mut ByControl,
    ) -> (Placement, BTreeSet<String>) {
        let mut apart: BTreeSet<String> = BTreeSet::new();
        let names = whole.rule.category.host_names();
        apart.extend(names.unfit.iter().cloned());
        let wildcard = UrlFilter::wildcard();
        let closed = self.closed.by_host.below(&wildcard);
        for wider in closed.filter_map(UrlFilter::host_name) {
            let domains = &whole.rule.category.domains;
            apart.extend(domains.below(wider).map(str::to_owned));
        }
        if self.closes_everything() {
            apart.extend(whole.rule.domains().map(str::to_owned));
        }
        apart.retain(|domain| !whole.rule.except.contains(domain));
        let place = Placement::Device {
            category: whole.rule.category.id.clone(),
        };
        apart.retain(|domain| {
            let site = whole.site(domain);
            let is_elsewhere = self.of(site.verdict, &site.filter) != place;
            if is_elsewhere {
                self.add(&site, placed);
            }
            is_elsewhere
        });
        (place, apart)
    }

    fn closes_everything(&self) -> bool {
        self.closed.holds(self.engine, &UrlFilter::wildcard())
    }

    fn of_closed(&self, filter: &UrlFilter) -> Option<Placement> {
        let is_closed = self.closed.holds(self.engine, filter)
            || self.closed.by_host.around(filter).any(|wider| {
                let mut open = self.open.by_host.near(filter);
                wider.contains(filter)
                    && !open.any(|open| self.ranks(open, wider) && self.decides(open, filter))
            });
        if is_closed {
            let list = list_name(self.engine, Verdict::Block);
            return Some(Placement::Browser { list });
        }
        let name = filter.host_name()?;
        let bare = name.strip_prefix("www.").unwrap_or(name);
        let mut closing = self.by_name.iter();
        let closing =
            closing.find(|whole| [name, bare].into_iter().any(|name| whole.names(name)))?;
        Some(Placement::Device {
            category: closing.rule.category.id.clone(),
        })
    }

    fn of_open(&self, filter: &UrlFilter) -> Option<Placement> {
        if self.open.holds(self.engine, filter) {
            let list = list_name(self.engine, Verdict::Allow);
            return Some(Placement::Browser { list });
        }
        let is_closed = self.closed.by_host.near(filter).any(|closed| {
            let mut open = self.open.by_host.around(filter);
            self.decides(closed, filter)
                && !open.any(|wider| wider.contains(filter) && self.ranks(wider, closed))
        });
        (!is_closed).then_some(Placement::Inherent)
    }

    /// Whether the browser takes an open entry before a closed one where both match.
    fn ranks(&self, open: &UrlFilter, closed: &UrlFilter) -> bool {
        match self.engine {
            Engine::Chromium => open.specificity() >= closed.specificity(),
            // An exception always wins.
            Engine::Firefox => true,
        }
    }

    /// Whether an entry would decide over a part of what `filter` matches, which has no entry, and
    /// for which the browser has no narrower entry.
    fn decides(&self, entry: &UrlFilter, filter: &UrlFilter) -> bool {
        let rank = filter.specificity();
        let Some(part) = entry.intersection(filter) else {
            return false;
        };
        let mut placed = self.placed.around(&part);
        entry.specificity() <= rank
            && !placed.any(|narrower| narrower.specificity() > rank && narrower.contains(&part))
    }
}

/// What was found so far.
#[derive(Default)]
struct ByControl(BTreeMap<ControlId, BTreeMap<Placement, SitesAt>>);

impl ByControl {
    fn at(&mut self, control: &ControlId, place: Placement) -> &mut SitesAt {
        let of_control = self.0.entry(control.clone()).or_default();
        of_control.entry(place).or_default()
    }

    fn add(&mut self, control: &ControlId, place: Placement, filter: &UrlFilter) {
        let at = self.at(control, place);
        at.count += 1;
        at.sites.push(filter.to_string());
    }

    fn add_all_but(&mut self, whole: &Whole, (place, apart): (Placement, BTreeSet<String>)) {
        let count = whole.rule.count() - apart.len();
        if count == 0 {
            return;
        }
        let at = self.at(&whole.control, place);
        at.count += count;
        at.categories.push(AllBut {
            category: whole.rule.category.id.clone(),
            except: whole.rule.except.union(&apart).cloned().collect(),
        });
    }
}

impl Entry {
    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::One(site) => site.is_closed(),
            Self::Whole(whole) => whole.is_closed(),
        }
    }
}

impl Whole {
    /// Whether a device that closes its names closes this one.
    fn names(&self, name: &str) -> bool {
        self.rule.domain_over(name) == Some(name) && name.parse::<HostName>().is_ok()
    }
}
