//! What must stay open whatever else is closed: helplines, what a device is helped from, and what
//! people sign in through.

use std::borrow::Cow;
use std::collections::BTreeSet;

use fyr_schemas::policy::ServiceKind;

use super::{Category, Policy};
use crate::catalogue::platforms::{self, Purpose};
use crate::source::Place;
use crate::url_filter::{ByHost, UrlFilter};

/// A filter that must stay open.
#[derive(Debug, Clone)]
pub(crate) struct Lifeline<'a> {
    /// Why it must.
    pub(crate) need: Need<'a>,
    /// What must stay open.
    pub(crate) filter: Cow<'a, UrlFilter>,
    /// Where the policy says so.
    pub(crate) place: Place,
}

/// Why something must stay open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need<'a> {
    /// It is this helpline's.
    Helpline(&'a str),
    /// Devices are signed in to or repaired from it.
    Recovery,
    /// People sign in through this.
    SignIn(&'a str),
}

impl Policy {
    /// Every site of the helplines, with the helpline's name and the site's place.
    pub(crate) fn helplines(&self) -> impl Iterator<Item = (&str, &UrlFilter, Place)> {
        let services = self.services.values();
        let helplines =
            services.filter(|service| service.source.document.kind == ServiceKind::Helpline);
        helplines.flat_map(|service| {
            let sites = service.sites.iter();
            sites.map(|(filter, place)| {
                let name = service.source.document.name.as_str();
                (name, filter, *place)
            })
        })
    }

    /// Every host that the named sign-ins need.
    fn sign_in_hosts(&self) -> impl Iterator<Item = Lifeline<'_>> {
        let providers = self.organisation.document.sign_in.providers.iter();
        providers.flat_map(|name| {
            let place = self.organisation.place(name);
            let platform = platforms::find(name, Purpose::SignIn);
            let hosts = platform.into_iter().flat_map(|platform| {
                let hosts = platform.hosts.iter();
                hosts.map(|host| (platform.title, *host))
            });
            hosts.filter_map(move |(title, host)| {
                Some(Lifeline {
                    need: Need::SignIn(title),
                    filter: Cow::Owned(host.parse().ok()?),
                    place,
                })
            })
        })
    }

    /// Everything that must stay open.
    pub(crate) fn lifelines(&self) -> impl Iterator<Item = Lifeline<'_>> {
        let helplines = self.helplines().map(|(name, filter, place)| Lifeline {
            need: Need::Helpline(name),
            filter: Cow::Borrowed(filter),
            place,
        });
        let recovery = self.always_reachable.iter();
        let recovery = recovery.map(|(filter, place)| Lifeline {
            need: Need::Recovery,
            filter: Cow::Borrowed(filter),
            place: *place,
        });
        helplines.chain(recovery).chain(self.sign_in_hosts())
    }
}

/// The lifelines of a policy, to be asked what they need.
#[derive(Debug, Default)]
pub(crate) struct Lifelines<'a> {
    all: Vec<Lifeline<'a>>,
    by_host: ByHost<Cow<'a, UrlFilter>>,
}

impl<'a> Lifelines<'a> {
    /// Those of a policy.
    pub(crate) fn of(policy: &'a Policy) -> Self {
        let all: Vec<Lifeline<'a>> = policy.lifelines().collect();
        let mut by_host = ByHost::default();
        for Lifeline { filter, .. } in &all {
            by_host.file(filter, filter.clone());
        }
        Self { all, by_host }
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Lifeline<'a>> {
        self.all.iter()
    }

    /// Whether one of them is open by what a filter opens.
    pub(crate) fn need(&self, filter: &UrlFilter) -> bool {
        let mut near = self.by_host.near(filter);
        near.any(|lifeline| lifeline.overlaps(filter))
    }

    /// Whether one of them is open by the domains of a category, other than these.
    pub(crate) fn need_of(&self, category: &Category, except: &BTreeSet<&str>) -> bool {
        let lifelines = self.all.iter();
        let mut hosts = lifelines.filter_map(|lifeline| lifeline.filter.host_name());
        hosts.any(|host| {
            let around = category.domains.covering(host).into_iter();
            let mut domains = around.chain(category.domains.below(host));
            domains.any(|domain| !except.contains(domain))
        })
    }
}
