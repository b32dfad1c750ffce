//! What a rule says of sites: every site with its verdict, and to which of the rule's groups it
//! speaks.

use std::fmt;
use std::sync::Arc;

use fyr_policy_source::{self as source, ServiceStatus};
use fyr_schemas::{CategoryId, ServiceId};

use super::service::{Hindrance, Service};
use super::site_wording;
use super::statement::Names;
use super::{Group, Opens, Policy, SiteSet, unknown};
use crate::category::Category;
use crate::finding::{Diagnostic, Diagnostics, Name, Role};
use crate::meant::Meant;
use crate::parse::InFile;
use crate::source::Place;
use crate::url_filter::{UrlFilter, Verdict};

/// One site of a rule, or one category.
#[derive(Debug)]
pub struct SiteStatement {
    /// Open or closed.
    pub verdict: Verdict,
    /// Which URLs.
    pub sites: SiteSet,
    /// Where the rule says it.
    pub place: Place,
    /// Where a group has to stand for it to be spoken to; `None` speaks to every group of the rule.
    pub condition: Option<Condition>,
    /// The service that brings the site into what the rule names, by its category or its status: the
    /// rule does not know it.
    pub joined: Option<ServiceId>,
}

/// Where a group has to stand with a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The service.
    pub service: ServiceId,
    /// Its status for the group, where the rule speaks of a status.
    pub status: Option<ServiceStatus>,
    /// What a rule that opens the service opens to the group, where it opens it.
    pub access: Option<Access>,
}

/// Whether a rule that opens a service opens it to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It does, at least in part.
    Open,
    /// It closes it: this stands between them.
    Hindered(Hindrance),
}

impl SiteStatement {
    /// Whether it speaks to a group that the rule selects.
    pub fn speaks_to(&self, group: &Group, policy: &Policy) -> bool {
        let Some(condition) = &self.condition else {
            return true;
        };
        let service = policy.services.get(&condition.service);
        service.is_some_and(|service| condition.holds(service, group, policy.age_of_consent()))
    }

    /// What makes the statement another than the rule wrote it.
    pub fn hindrance(&self) -> Option<Hindrance> {
        match self.condition.as_ref()?.access? {
            Access::Open => None,
            Access::Hindered(hindrance) => Some(hindrance),
        }
    }
}

impl Condition {
    fn holds(&self, service: &Service, group: &Group, age_of_consent: u8) -> bool {
        let has_status = self
            .status
            .is_none_or(|status| status == service.status_for(group));
        has_status
            && self.access.is_none_or(|access| {
                let opens = match service.opens_to(group, age_of_consent) {
                    Opens::Whole | Opens::SignedOut | Opens::Restricted => Access::Open,
                    Opens::Nothing(hindrance) => Access::Hindered(hindrance),
                };
                opens == access
            })
    }
}

/// A site with its verdict, as people read it.
impl fmt::Display for SiteStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verdict.word(), self.sites)?;
        match self.hindrance() {
            Some(Hindrance::Age) => f.write_str(" below its minimum age"),
            Some(Hindrance::Approval) => f.write_str(" without a guardian's approval"),
            None => Ok(()),
        }
    }
}

/// Reads the sites of a rule; a service stands for all of its sites.
pub(super) fn read_sites(
    rule: &InFile<source::Rule>,
    names: &Names<'_>,
    findings: &mut Diagnostics,
) -> Vec<SiteStatement> {
    let sites = &rule.document.sites;
    let allowed = sites.allow.iter().map(|site| (Verdict::Allow, site));
    let warned = sites.warn.iter().map(|site| (Verdict::Warn, site));
    let blocked = sites.block.iter().map(|site| (Verdict::Block, site));
    let mut statements = Vec::new();
    for (verdict, site) in allowed.chain(warned).chain(blocked) {
        let place = rule.place(site);
        for named in named_by(site, place, names, findings) {
            named.state(verdict, place, &mut statements);
        }
    }
    statements
}

/// What one word of a rule's sites names.
enum Named<'a> {
    /// URLs, for every group alike.
    Sites(SiteSet),
    /// The sites of a service.
    Service(&'a Service, By),
}

/// By what a rule names a service.
#[derive(Clone, Copy)]
enum By {
    Name,
    Category,
    /// For the groups for which it has the status.
    Status(ServiceStatus),
}

impl Named<'_> {
    fn state(self, verdict: Verdict, place: Place, statements: &mut Vec<SiteStatement>) {
        match self {
            Self::Sites(sites) => statements.push(SiteStatement {
                verdict,
                sites,
                place,
                condition: None,
                joined: None,
            }),
            Self::Service(service, by) => {
                let (status, joins) = match by {
                    By::Name => (None, false),
                    By::Category => (None, true),
                    By::Status(status) => (Some(status), true),
                };
                for (verdict, access) in turns_of(service, verdict) {
                    let asks = status.is_some() || access.is_some();
                    statements.extend(service.sites.iter().map(|(filter, _)| SiteStatement {
                        verdict,
                        sites: SiteSet::Filter(filter.clone()),
                        place,
                        condition: asks.then(|| Condition {
                            service: service.id().clone(),
                            status,
                            access,
                        }),
                        joined: joins.then(|| service.id().clone()),
                    }));
                }
            }
        }
    }
}

/// The verdicts that a rule comes to over a service that it gives `verdict`: what opens it closes
/// it to groups that may not use it.
fn turns_of(service: &Service, verdict: Verdict) -> Vec<(Verdict, Option<Access>)> {
    let hindrances = service.hindrances();
    if !verdict.is_open() || hindrances.is_empty() {
        return vec![(verdict, None)];
    }
    let closed = hindrances
        .into_iter()
        .map(|hindrance| (Verdict::Block, Some(Access::Hindered(hindrance))));
    std::iter::once((verdict, Some(Access::Open)))
        .chain(closed)
        .collect()
}

fn named_by<'a>(
    site: &str,
    place: Place,
    names: &Names<'a>,
    findings: &mut Diagnostics,
) -> Vec<Named<'a>> {
    if let Some(category) = site.strip_prefix("category:") {
        return category_of(category, place, names, findings);
    }
    if let Some(status) = site.strip_prefix("services:") {
        return services_with(status, place, names, findings);
    }
    if let Some(service) = site.strip_prefix("service:") {
        let service = service_of(service, place, names, findings);
        return service
            .map(|service| Named::Service(service, By::Name))
            .into_iter()
            .collect();
    }
    let filter = read_filter(site, place, findings);
    filter
        .map(|filter| Named::Sites(SiteSet::Filter(filter)))
        .into_iter()
        .collect()
}

/// What the files of a category list, and the services that belong to it.
fn category_of<'a>(
    category: &str,
    place: Place,
    names: &Names<'a>,
    findings: &mut Diagnostics,
) -> Vec<Named<'a>> {
    let id = category.parse::<CategoryId>().ok();
    let listed = id.as_ref().and_then(|id| names.categories.get(id));
    let services = names.services.into_iter().flat_map(|all| all.values());
    let members: Vec<&Service> = services
        .filter(|service| id.is_some() && service.category() == id.as_ref())
        .collect();
    if listed.is_none()
        && members.is_empty()
        && names.has_all_categories
        && names.services.is_some()
    {
        let categories = names.categories.keys().map(CategoryId::as_str);
        findings.push(
            Diagnostic::of(Name::UnknownCategory {
                name: category.to_owned(),
                meant: Meant::among(category, categories),
            })
            .at(place, Role::NotInCategories),
        );
    }
    let listed = listed
        .filter(|category| !category.is_empty())
        .map(|category: &Arc<Category>| Named::Sites(SiteSet::Category(Arc::clone(category))));
    let members = members
        .into_iter()
        .map(|service| Named::Service(service, By::Category));
    listed.into_iter().chain(members).collect()
}

/// Every service, for the groups for which it has the status.
fn services_with<'a>(
    status: &str,
    place: Place,
    names: &Names<'a>,
    findings: &mut Diagnostics,
) -> Vec<Named<'a>> {
    let Some(known) = ServiceStatus::ALL
        .into_iter()
        .find(|known| known.word() == status)
    else {
        let words = ServiceStatus::ALL.map(ServiceStatus::word);
        findings.push(
            Diagnostic::of(Name::UnknownStatus {
                status: status.to_owned(),
                meant: Meant::among(status, words),
            })
            .at(place, Role::WrongStatus),
        );
        return Vec::new();
    };
    let services = names.services.into_iter().flat_map(|all| all.values());
    services
        .map(|service| Named::Service(service, By::Status(known)))
        .collect()
}

fn service_of<'a>(
    service: &str,
    place: Place,
    names: &Names<'a>,
    findings: &mut Diagnostics,
) -> Option<&'a Service> {
    let services = names.services?;
    let known = service.parse::<ServiceId>().ok();
    let known = known.and_then(|id| services.get(&id));
    if known.is_none() {
        findings.push(unknown::service(place, service, services.keys()));
    }
    known
}

/// Reads one URL filter.
pub(super) fn read_filter(
    site: &str,
    place: Place,
    findings: &mut Diagnostics,
) -> Option<UrlFilter> {
    if let Some(slip) = site_wording::slip(site, place) {
        findings.push(slip);
        return None;
    }
    match site.parse::<UrlFilter>() {
        Ok(filter) => {
            findings.extend(site_wording::doubtful(site, &filter, place));
            Some(filter)
        }
        Err(error) => {
            findings.push(site_wording::unreadable(site, &error, place));
            None
        }
    }
}
