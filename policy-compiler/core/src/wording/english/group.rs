//! Words about groups and their stages.

use fyr_schemas::GroupId;

use super::{Said, phrase};
use crate::finding::{Diagnostic, Group, LowestGrade, NoStage};

pub(super) fn words(found: &Group, whole: &Diagnostic) -> Said {
    let have = if whole.groups.len() == 1 {
        "has"
    } else {
        "have"
    };
    let whom = || phrase::groups(&whole.groups);
    match found {
        Group::NoStage { group, date, why } => Said::new(
            format!("group `{group}` has no stage on {date}"),
            match why {
                NoStage::Both => "write `start` or `stage`, not both",
                NoStage::Neither => {
                    "add `start:` with the year in which its pupils began school, or a fixed `stage:`"
                }
                NoStage::NoneForPupils | NoStage::Grade(_) => {
                    "remove the group, or correct the year or the stages"
                }
            },
        ),
        Group::Unnamed { listed } => Said::new(
            format!("group `{listed}` cannot be named after its unit"),
            "write it under `groups`, with its `unit`",
        ),
        Group::NotBegun { date, lowest } => Said::new(
            format!("{} {have} not begun school by {date}", whom()),
            match lowest {
                None => {
                    "correct the year, or add the group in the year before it begins".to_owned()
                }
                Some(LowestGrade {
                    grade,
                    first,
                    start,
                }) => format!(
                    "write the year in which the pupils began school, in grade {first}: {start} for a \
                     class that is in grade {grade} this school year"
                ),
            },
        ),
        Group::HasLeft { date } => Said::new(
            format!("{} {have} left school by {date}", whom()),
            format!(
                "remove {} after the devices are collected",
                phrase::quoted(whole.groups.iter().map(GroupId::as_str))
            ),
        ),
        Group::StagesOverlap { stage, other } => Said::new(
            format!("stages `{stage}` and `{other}` include the same grade"),
            "put each grade into one stage",
        ),
        Group::NoStages => Said::new(
            "field `stages` is missing",
            "add `stages:` with the grades of each, and that of staff: `personal: staff`",
        ),
        Group::ApprovalNotNeeded { service } => Said::new(
            format!("service `{service}` needs no approval"),
            "remove the approval, or add `approval: guardian` to the service",
        ),
    }
}
