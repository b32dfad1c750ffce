//! Gathers findings: equal ones are one finding, with all their places and all their groups.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::{Discriminant, discriminant};

use fyr_schemas::GroupId;

use super::{Diagnostic, Finding, Mark, Role};
use crate::source::Place;

/// The findings of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds the findings of a part of the work.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Whether any of them keeps the policy from compiling.
    pub fn any_error(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// The findings, each once, sorted by their places. Equal findings are one: an unknown name is
    /// one mistake, wherever it is used.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut alike: BTreeMap<Finding, Vec<Shown>> = BTreeMap::new();
        for found in self.0 {
            let shown = alike.entry(found.finding).or_default();
            shown.push((found.places, found.groups));
        }
        let joined = alike.into_iter().map(|(finding, mut shown)| {
            shown.sort();
            shown.dedup();
            let (places, groups) = join(shown);
            Diagnostic {
                places,
                finding,
                groups,
            }
        });
        let mut joined: Vec<Diagnostic> = joined.collect();
        joined.sort();
        joined
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

/// Where a finding shows, and the groups it concerns.
type Shown = (Vec<Mark>, BTreeSet<GroupId>);

/// The roles of one kind, by their places.
type Kind = (Discriminant<Role>, BTreeMap<Place, Vec<Role>>);

/// All places of equal findings, those with roles of one kind side by side, and all their groups.
fn join(mut shown: Vec<Shown>) -> Shown {
    if shown.len() < 2 {
        return shown.pop().unwrap_or_default();
    }
    let (mut kinds, mut groups): (Vec<Kind>, _) = (Vec::new(), BTreeSet::new());
    for (marks, concerned) in shown {
        groups.extend(concerned);
        for Mark { place, role } in marks {
            let kind = discriminant(&role);
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, places)) => add(places.entry(place).or_default(), role),
                None => kinds.push((kind, BTreeMap::from([(place, vec![role])]))),
            }
        }
    }
    let marks = kinds.into_iter().flat_map(|(_, places)| places);
    let marks =
        marks.flat_map(|(place, roles)| roles.into_iter().map(move |role| Mark { place, role }));
    (marks.collect(), groups)
}

/// Adds a role to those of its kind at one place.
fn add(known: &mut Vec<Role>, role: Role) {
    let rest = known
        .iter_mut()
        .try_fold(role, |role, known| known.absorb(role).ok_or(()));
    known.extend(rest.ok());
}

impl Role {
    /// Takes what another role of the same place says; gives it back where that is something else.
    fn absorb(&mut self, other: Self) -> Option<Self> {
        if *self == other {
            return None;
        }
        match (&mut *self, other) {
            (
                Self::SaysFor {
                    rule,
                    values,
                    groups,
                },
                Self::SaysFor {
                    rule: by,
                    values: more,
                    groups: others,
                },
            ) if *rule == by => {
                values.extend(more);
                groups.extend(others);
                None
            }
            (Self::NamesException { groups, .. }, Self::NamesException { groups: others, .. })
            | (Self::StatusFor { groups, .. }, Self::StatusFor { groups: others, .. })
            | (Self::OpenFor { groups }, Self::OpenFor { groups: others }) => {
                groups.extend(others);
                None
            }
            (
                Self::Shortens { groups, first, .. },
                Self::Shortens {
                    groups: others,
                    first: earlier,
                    ..
                },
            ) => {
                groups.extend(others);
                *first = (*first).into_iter().chain(earlier).min();
                None
            }
            (_, other) => Some(other),
        }
    }
}

/// What is found of groups and times, each thing once with the groups it concerns.
#[derive(Debug)]
pub(crate) struct PerGroup<'a, K> {
    found: BTreeMap<K, BTreeSet<&'a GroupId>>,
}

impl<K> Default for PerGroup<'_, K> {
    fn default() -> Self {
        Self {
            found: BTreeMap::new(),
        }
    }
}

impl<'a, K: Ord> PerGroup<'a, K> {
    /// Notes something that was found of a group.
    pub(crate) fn note(&mut self, found: K, group: &'a GroupId) {
        self.found.entry(found).or_default().insert(group);
    }

    /// A finding for each thing.
    pub(crate) fn into_findings(
        self,
        finding: impl Fn(K, &BTreeSet<&'a GroupId>) -> Diagnostic,
    ) -> Vec<Diagnostic> {
        let found = self.found.into_iter();
        found
            .map(|(found, groups)| finding(found, &groups).concerning(groups))
            .collect()
    }
}
