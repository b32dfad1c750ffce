//! What must stay open in every case: helplines, what a device is helped from, and what
//! people sign in through.

use std::borrow::Cow;
use std::collections::BTreeSet;

use fyr_policy_source::ServiceKind;

use super::Policy;
use crate::catalogue::platforms::{self, Purpose};
use crate::category::Category;
use crate::source::Place;
use crate::url_filter::{ByHost, UrlFilter};

/// A filter that must stay open.
#[derive(Debug, Clone)]
pub(crate) struct EssentialHost<'a> {
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
    fn sign_in_hosts(&self) -> impl Iterator<Item = EssentialHost<'_>> {
        let providers = self.organisation.document.sign_in.providers.iter();
        providers.flat_map(|name| {
            let place = self.organisation.place(name);
            let platform = platforms::find(name, Purpose::SignIn);
            let hosts = platform.into_iter().flat_map(|platform| {
                let hosts = platform.hosts.iter();
                hosts.map(|host| (platform.title, *host))
            });
            hosts.filter_map(move |(title, host)| {
                Some(EssentialHost {
                    need: Need::SignIn(title),
                    filter: Cow::Owned(host.parse().ok()?),
                    place,
                })
            })
        })
    }

    /// Everything that must stay open.
    pub(crate) fn essential_hosts(&self) -> impl Iterator<Item = EssentialHost<'_>> {
        let helplines = self.helplines().map(|(name, filter, place)| EssentialHost {
            need: Need::Helpline(name),
            filter: Cow::Borrowed(filter),
            place,
        });
        let recovery = self.always_reachable.iter();
        let recovery = recovery.map(|(filter, place)| EssentialHost {
            need: Need::Recovery,
            filter: Cow::Borrowed(filter),
            place: *place,
        });
        helplines.chain(recovery).chain(self.sign_in_hosts())
    }
}

/// The essential hosts of a policy, to be asked what they need.
#[derive(Debug, Default)]
pub(crate) struct EssentialHosts<'a> {
    all: Vec<EssentialHost<'a>>,
    by_host: ByHost<Cow<'a, UrlFilter>>,
}

impl<'a> EssentialHosts<'a> {
    /// Those of a policy.
    pub(crate) fn of(policy: &'a Policy) -> Self {
        let all: Vec<EssentialHost<'a>> = policy.essential_hosts().collect();
        let mut by_host = ByHost::default();
        for EssentialHost { filter, .. } in &all {
            by_host.file(filter, filter.clone());
        }
        Self { all, by_host }
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &EssentialHost<'a>> {
        self.all.iter()
    }

    /// Whether one of them is open by what a filter opens.
    pub(crate) fn need(&self, filter: &UrlFilter) -> bool {
        let mut near = self.by_host.near(filter);
        near.any(|essential_host| essential_host.overlaps(filter))
    }

    /// Whether one of them is open by the domains of a category, other than these.
    pub(crate) fn need_of(&self, category: &Category, except: &BTreeSet<&str>) -> bool {
        let essential_hosts = self.all.iter();
        let mut hosts =
            essential_hosts.filter_map(|essential_host| essential_host.filter.host_name());
        hosts.any(|host| {
            let around = category.domains.covering(host).into_iter();
            let mut domains = around.chain(category.domains.below(host));
            domains.any(|domain| !except.contains(domain))
        })
    }
}
