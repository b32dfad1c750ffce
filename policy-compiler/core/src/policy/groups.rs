//! Places every group in the tree and in its stage on the day.

use std::collections::{BTreeMap, BTreeSet};

use fyr_policy_source::{self as source, At, Grade, Grades, Pool, Span, Stage, UnitsFile};
use fyr_schemas::{GroupId, StageId, UnitPath};

use super::naming::used_twice;
use super::{Group, unknown};
use crate::finding::{
    Diagnostic, Diagnostics, Group as Found, GroupEntry, LowestGrade, NoStage, OneName, Role,
};
use crate::parse::InFile;
use crate::source::Place;
use crate::stage::{self, SchoolDay, Schooling, Stages};

/// Places every group of `units.yaml`. One that cannot be placed is a finding.
pub(super) fn place_groups(
    file: &InFile<UnitsFile>,
    units: &BTreeSet<UnitPath>,
    stages: &Stages,
    today: SchoolDay,
    findings: &mut Diagnostics,
) -> BTreeMap<GroupId, Group> {
    let placer = Placer {
        file,
        stages,
        today,
    };
    let mut outside = BTreeMap::new();
    let mut groups: BTreeMap<GroupId, Group> = BTreeMap::new();
    for group in file.document.all_groups() {
        let (id, group) = match group {
            Ok(named) => named,
            Err(pool) => {
                findings.push(unnamed(file, pool));
                continue;
            }
        };
        findings.extend(unknown::unit(
            file.place(&group.unit),
            &group.unit,
            (units, None),
        ));
        match placer.stage_of(&id, &group, &mut outside) {
            Ok(at_stage) => {
                let place = file.place(&id);
                if let Some(first) = groups.get(&id.value) {
                    findings.push(twice(&file.document, &id, &group, (place, first)));
                    continue;
                }
                let group = Group {
                    id: id.value.clone(),
                    unit: group.unit.value.clone(),
                    unit_name: placer.unit_name(&group.unit),
                    stage: at_stage.name,
                    audience: stage::audience(at_stage.stage),
                    youngest: at_stage.youngest,
                    ownership: group.ownership,
                    approved: BTreeSet::new(),
                    place,
                };
                groups.insert(id.value, group);
            }
            Err(finding) => findings.push(*finding),
        }
    }
    findings.extend(
        outside
            .iter()
            .map(|(side, classes)| placer.outside(*side, classes)),
    );
    groups
}

/// Classes that are in no grade on the day.
type Outside = BTreeMap<Side, Classes>;

/// Some classes.
#[derive(Debug, Default)]
struct Classes {
    /// Which they are, and where each says its year.
    named: Vec<(GroupId, Place)>,
    /// Where units say which grades they teach.
    taught: BTreeSet<Place>,
    /// The lowest grade of a unit that teaches no beginners.
    lowest: Option<Grade>,
}

/// Where a class stands that is in no grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Before,
    After,
}

/// The finding for a second group of one name. Classes with one name in two schools are named after
/// the units above them; one that is named under `groups` is no longer listed by its school.
fn twice(
    file: &UnitsFile,
    id: &GroupId,
    group: &source::Group,
    (second, first): (Place, &Group),
) -> Diagnostic {
    if file.groups.keys().any(|named| named.value == *id) {
        let still_listed = OneName::StillListed(first.unit.clone());
        return used_twice(id, Some(still_listed), (second, first.place));
    }
    let unit = &group.unit;
    let school = unit.parent().filter(|above| *above != UnitPath::root());
    let school = school.and_then(|above| Some(above.as_str().rsplit_once('/')?.1.to_owned()));
    let began = group.start.as_ref().map(|start| start.value);
    let instead = school
        .zip(began)
        .filter(|_| **unit != first.unit)
        .map(|(school, start)| {
            OneName::Entry(GroupEntry {
                group: format!("{school}-{id}"),
                unit: unit.value.clone(),
                start,
            })
        });
    used_twice(id, instead, (second, first.place))
}

fn unnamed(file: &InFile<UnitsFile>, pool: &At<Pool>) -> Diagnostic {
    let root = file.document.units.iter().find(|(path, unit)| {
        path.as_str() == "/" && unit.groups.iter().any(|listed| listed.span == pool.span)
    });
    let role = match root {
        Some(_) => Role::NamedAfterRoot,
        None => Role::NameTooLong,
    };
    Diagnostic::of(Found::Unnamed {
        listed: pool.value.to_string(),
    })
    .at(file.place(pool), role)
}

/// What placing a group needs.
struct Placer<'a> {
    file: &'a InFile<UnitsFile>,
    stages: &'a Stages,
    today: SchoolDay,
}

/// The stage of a group on a day.
struct InStage {
    name: StageId,
    stage: Stage,
    /// The age of the youngest pupil.
    youngest: Option<u8>,
}

impl Placer<'_> {
    fn unit_name(&self, unit: &At<UnitPath>) -> Option<String> {
        let listed = self.file.document.units.get(unit)?;
        Some(listed.name.clone())
    }

    fn stage_of(
        &self,
        id: &At<GroupId>,
        group: &source::Group,
        outside: &mut Outside,
    ) -> Result<InStage, Box<Diagnostic>> {
        match (&group.start, &group.stage) {
            (None, Some(fixed)) => self.fixed(fixed),
            (Some(start), None) => self.by_start(id, group, start, outside),
            (Some(start), Some(_)) => Err(self.no_stage(id, self.file.place(start), NoStage::Both)),
            (None, None) => Err(self.no_stage(id, self.file.place(id), NoStage::Neither)),
        }
    }

    /// The youngest of a pool that is used by a whole stage are in its first grade.
    fn fixed(&self, name: &At<StageId>) -> Result<InStage, Box<Diagnostic>> {
        let stage = self.stages.get(name).ok_or_else(|| {
            let known = self.stages.names().map(StageId::as_str);
            Box::new(unknown::stage(self.file.place(name), name.as_str(), known))
        })?;
        Ok(InStage {
            name: name.value.clone(),
            stage,
            youngest: stage::grades(stage)
                .map(|grades| self.today.youngest(self.today.start_of(grades.first))),
        })
    }

    /// The stage of a class. One that has left school keeps the last stage it was in, and one
    /// that is far from beginning has the first, so that neither keeps a policy from compiling.
    fn by_start(
        &self,
        id: &At<GroupId>,
        group: &source::Group,
        start: &At<u16>,
        outside: &mut Outside,
    ) -> Result<InStage, Box<Diagnostic>> {
        let place = self.file.place(start);
        let Some((grades, taught)) = self.grades_at(&group.unit) else {
            return Err(self.no_stage(id, place, NoStage::NoneForPupils));
        };
        let (grade, side) = match self.today.schooling(start.value, grades) {
            Schooling::In(grade) => (grade, None),
            Schooling::Before => (grades.first, Some(Side::Before)),
            Schooling::After => (grades.last, Some(Side::After)),
        };
        if let Some(side) = side {
            let classes = outside.entry(side).or_default();
            classes.named.push((id.value.clone(), place));
            classes.taught.extend(taught);
            if grades.first > self.today.country.first_grade {
                classes.lowest.get_or_insert(grades.first);
            }
        }
        let Some(name) = self.stages.holding(grade) else {
            return Err(self.no_stage(id, place, NoStage::Grade(grade.to_string())));
        };
        Ok(InStage {
            name: name.clone(),
            stage: Stage::Pupils(grades),
            youngest: Some(self.today.youngest(start.value)),
        })
    }

    /// The grades that a unit teaches, from itself or the nearest higher unit that names them, with
    /// the place; else all that the stages hold.
    fn grades_at(&self, unit: &UnitPath) -> Option<(Grades, Option<Place>)> {
        let mut units = std::iter::successors(Some(unit.clone()), UnitPath::parent);
        let said = units.find_map(|path| {
            let written = At {
                value: path,
                span: Span::default(),
            };
            self.file.document.units.get(&written)?.grades.as_ref()
        });
        match said {
            Some(grades) => Some((grades.value, Some(self.file.place(grades)))),
            None => Some((self.stages.grades()?, None)),
        }
    }

    fn no_stage(&self, id: &GroupId, place: Place, why: NoStage) -> Box<Diagnostic> {
        let finding = Diagnostic::of(Found::NoStage {
            group: id.clone(),
            date: self.today.date,
            why: why.clone(),
        });
        Box::new(finding.at(place, Role::WhyNoStage { why }))
    }

    /// Where a unit teaches no beginners, the year of a class that has not begun is likely the one in
    /// which it came to the unit.
    fn lowest(&self, grade: Grade) -> LowestGrade {
        LowestGrade {
            grade: grade.to_string(),
            first: self.today.country.first_grade.to_string(),
            start: self.today.start_of(grade),
        }
    }

    /// One finding for all classes that are on one side of the grades that are taught.
    fn outside(&self, side: Side, classes: &Classes) -> Diagnostic {
        let date = self.today.date;
        let (found, role) = match side {
            Side::Before => {
                let lowest = classes.lowest.map(|grade| self.lowest(grade));
                (Found::NotBegun { date, lowest }, Role::CountsAsFirstGrade)
            }
            Side::After => (Found::HasLeft { date }, Role::KeepsLastStage),
        };
        let places = classes
            .named
            .iter()
            .map(|(_, place)| (*place, role.clone()));
        let taught = classes.taught.iter();
        Diagnostic::of(found)
            .at_each(places)
            .at_each(taught.map(|place| (*place, Role::GradesTaught)))
            .concerning(classes.named.iter().map(|(id, _)| id))
    }
}
