//! What the catalogue says of the service that an address belongs to.

use fyr_policy_source::ServiceStatus;
use fyr_schemas::{CountryCode, ServiceId};
use url::Url;

use crate::policy::{Group, Policy, Service};
use crate::url_filter::Verdict;

/// A service of the catalogue, as it stands for a group.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ServiceNote {
    /// Its name in rules.
    pub service: ServiceId,
    /// Its name as people know it.
    pub name: String,
    /// Where its assessment stands for the group.
    pub status: &'static str,
    /// Who offers it, where that is written.
    pub vendor: Option<String>,
    /// The country that the vendor answers to.
    pub country: Option<CountryCode>,
    /// The classes of data that may be entered into it; none where the list is empty.
    pub data_classes: Vec<String>,
}

impl ServiceNote {
    /// The services that `url` belongs to: those with the narrowest site there.
    pub(super) fn of(policy: &Policy, group: &Group, url: &Url) -> Vec<Self> {
        let sites = policy.services.values().flat_map(|service| {
            let sites = service.sites.iter();
            sites.map(move |(filter, _)| (filter, service))
        });
        let at: Vec<_> = sites
            .filter(|(filter, _)| filter.matches(url, Verdict::Block))
            .map(|(filter, service)| (filter.specificity(), service))
            .collect();
        let narrowest = at.iter().map(|(specificity, _)| *specificity).max();
        let narrowest = at
            .iter()
            .filter(|(specificity, _)| Some(*specificity) == narrowest);
        let mut notes: Vec<Self> = narrowest
            .map(|(_, service)| Self::noted(service, service.status_for(group)))
            .collect();
        notes.dedup();
        notes
    }

    fn noted(service: &Service, status: ServiceStatus) -> Self {
        let written = &service.source.document;
        let vendor = written.vendor.as_ref();
        Self {
            service: service.id().clone(),
            name: written.name.clone(),
            status: status.word(),
            vendor: vendor.map(|vendor| vendor.name.clone()),
            country: vendor.map(|vendor| vendor.country.value.clone()),
            data_classes: written.data_classes.clone(),
        }
    }
}
