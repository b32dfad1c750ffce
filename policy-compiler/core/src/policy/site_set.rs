//! What a statement about sites speaks of: the URLs of one filter, or a whole category.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::category::{Category, Member};
use crate::url_filter::{Specificity, UrlFilter, Verdict};

/// URLs that a statement speaks of. A category is its members: where it speaks of a URL, it ranks
/// as the narrowest member there does.
#[derive(Debug, Clone)]
pub enum SiteSet {
    /// What a filter matches.
    Filter(UrlFilter),
    /// What the members of a category match.
    Category(Arc<Category>),
}

impl SiteSet {
    /// How specifically a statement of this verdict speaks of `url`; `None` where it does not.
    pub fn reach_at(&self, url: &Url, verdict: Verdict) -> Option<Reach> {
        match self {
            Self::Filter(filter) => filter.matches(url, verdict).then(|| alone(filter)),
            Self::Category(category) => {
                let member = category.member_at(url, verdict)?;
                Some(listed(member))
            }
        }
    }

    /// The narrowest of its sites that `url` belongs to, as far as a statement of this verdict goes.
    pub(crate) fn site_at(&self, url: &Url, verdict: Verdict) -> Option<UrlFilter> {
        match self {
            Self::Filter(filter) => filter.matches(url, verdict).then(|| filter.clone()),
            Self::Category(category) => Some(category.member_at(url, verdict)?.to_filter()),
        }
    }

    /// How specifically it speaks of all that `filter` matches; `None` where it does not.
    pub fn reach_over(&self, filter: &UrlFilter) -> Option<Reach> {
        match self {
            Self::Filter(own) => own.contains(filter).then(|| alone(own)),
            Self::Category(category) => {
                let member = category.member_around(filter)?;
                Some(listed(member))
            }
        }
    }

    /// What it has in common with `filter`, part by part.
    pub(crate) fn within(&self, filter: &UrlFilter) -> Vec<UrlFilter> {
        match self {
            Self::Filter(own) => own.intersection(filter).into_iter().collect(),
            Self::Category(category) => category.within(filter).collect(),
        }
    }

    /// What it has in common with others, part by part.
    pub(crate) fn common<'a>(
        &'a self,
        other: &'a Self,
    ) -> Box<dyn Iterator<Item = UrlFilter> + 'a> {
        match (self, other) {
            (Self::Filter(one), Self::Filter(other)) => {
                Box::new(one.intersection(other).into_iter())
            }
            (Self::Filter(filter), Self::Category(category))
            | (Self::Category(category), Self::Filter(filter)) => {
                Box::new(common_with(filter, category))
            }
            (Self::Category(one), Self::Category(other)) => {
                let (few, many) = if one.len() <= other.len() {
                    (one, other)
                } else {
                    (other, one)
                };
                let members = few.members();
                Box::new(members.flat_map(|member| {
                    let common: Vec<UrlFilter> = common_with(&member, many).collect();
                    common
                }))
            }
        }
    }

    /// Whether it speaks of everything that `category` does.
    pub fn holds_all_of(&self, category: &Category) -> bool {
        self.category().is_some_and(|own| own.id == category.id)
            || category
                .members()
                .all(|member| self.reach_over(&member).is_some())
    }

    /// The one filter, unless it is a category.
    pub fn filter(&self) -> Option<&UrlFilter> {
        match self {
            Self::Filter(filter) => Some(filter),
            Self::Category(_) => None,
        }
    }

    /// The category, unless it is one filter.
    pub fn category(&self) -> Option<&Arc<Category>> {
        match self {
            Self::Filter(_) => None,
            Self::Category(category) => Some(category),
        }
    }
}

/// What the members of a category have in common with a filter: all of it, where one of them
/// contains it.
fn common_with<'a>(
    filter: &'a UrlFilter,
    category: &'a Category,
) -> impl Iterator<Item = UrlFilter> + use<'a> {
    let whole = category.member_around(filter).map(|_| filter.clone());
    let has_any_host = filter.is_of_any_host();
    let members = has_any_host
        .then(|| category.members())
        .into_iter()
        .flatten();
    let of_members = members.filter_map(|member| member.intersection(filter));
    let within = (!has_any_host).then(|| category.within(filter)).into_iter();
    whole.into_iter().chain(of_members).chain(within.flatten())
}

fn alone(filter: &UrlFilter) -> Reach {
    Reach::Of(filter.specificity(), Written::Alone)
}

fn listed(member: Member<'_>) -> Reach {
    Reach::Of(member.specificity(), Written::Listed)
}

/// How specifically a statement speaks of something: the greatest decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// As specifically as a filter is.
    Of(Specificity, Written),
    /// More specifically than anything else that speaks of it.
    Narrowest,
}

/// How a filter came to be: what a rule names goes before what a category has among
/// many others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Written {
    /// As a member of a category.
    Listed,
    /// A rule names it.
    Alone,
}

/// Two are equal that are written alike.
impl PartialEq for SiteSet {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Filter(one), Self::Filter(other)) => one == other,
            (Self::Category(one), Self::Category(other)) => one.id == other.id,
            (Self::Filter(_), Self::Category(_)) | (Self::Category(_), Self::Filter(_)) => false,
        }
    }
}

impl Eq for SiteSet {}

impl fmt::Display for SiteSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(filter) => filter.fmt(f),
            Self::Category(category) => write!(f, "category:{}", category.id),
        }
    }
}
