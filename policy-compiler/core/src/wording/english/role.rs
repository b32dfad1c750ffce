//! What each place of a finding shows, in words.

use std::collections::BTreeSet;

use fyr_policy_source::Strength;
use fyr_schemas::timetable::Hours;
use fyr_schemas::{CaseNumber, GroupId, RuleId, UnitPath};
use jiff::civil::Date;

use super::{decision, document, phrase, setting};
use crate::finding::{EmptyList, Need, NoStage, NotInForce, PlatformUse, Role, TimetableLine};
use crate::{letters, settings};

#[expect(clippy::too_many_lines, reason = "a table: one arm for each role")]
pub(super) fn label(role: &Role) -> String {
    match role {
        Role::Uncited => "no decision is cited here".to_owned(),
        Role::UnknownCase => "no file below `decisions/` has this case number".to_owned(),
        Role::Cites => "cited here".to_owned(),
        Role::CitesNotInForce { why } => not_in_force(*why),
        Role::RuleNotInForce => "this rule is not in force either".to_owned(),
        Role::StatusOfDecision => "its status".to_owned(),
        Role::InForceUntil => "in force until this day".to_owned(),
        Role::Day { day } => format!("the decision {} on this day", decision::verb(*day)),
        Role::RuleDay { day } => format!("the rule {} on this day", decision::verb(*day)),
        Role::Replaces => "replaced here".to_owned(),
        Role::ReviewDue => "review was due by this day".to_owned(),
        Role::Emergency => "in force at once".to_owned(),
        Role::DecideBy => "must be decided by this day".to_owned(),
        Role::DecideByPassed => "had to be decided by this day".to_owned(),
        Role::WithoutDecisionFrom => "in force without a decision from this day".to_owned(),
        Role::AssessmentDue { due } => format!("a new version was due by {due}"),
        Role::RuleForUnit { rule } => format!("rule `{rule}` is for this unit"),
        Role::ReplacedDecisionOf { case } => format!("decision `{case}` was made by this body"),
        Role::ServiceStatusFor { service, status } => format!(
            "service `{service}` is `{}` in this unit too",
            status.word()
        ),
        Role::TimetableFor { line, unit } => timetable_line(line, unit.as_ref()),
        Role::DecidedBy => "decided by this body".to_owned(),
        Role::CompetentFor => "this is what the body is competent for".to_owned(),
        Role::BeginsOrEnds { rule, day } => format!("rule `{rule}` begins or ends on {day}"),
        Role::SaysNothing => "no setting and no site".to_owned(),
        Role::NoReason => "no reason is given".to_owned(),
        Role::FirstLanguage => "the first language of the organisation".to_owned(),
        Role::SelectsNoGroup => "selects no group".to_owned(),
        Role::ReachesNoGroup => "reaches no group of the rule".to_owned(),
        Role::WarnsHere => "warns without guidance".to_owned(),
        Role::GuidanceUnused => "shown nowhere".to_owned(),
        Role::NoEffect => "has no effect".to_owned(),
        Role::Overrides { rule } => format!("rule `{rule}` overrides it"),
        Role::Narrower => "a narrower value applies instead".to_owned(),
        Role::SaysAlready { rule, strength } => format!(
            "rule `{rule}` says it, with `strength: {}`",
            strength.word()
        ),
        Role::LastDay => "this day is over".to_owned(),
        Role::During => "does not run for the groups of this rule".to_owned(),
        Role::RunsForOthers => "runs for other groups".to_owned(),
        Role::Overridable => "only a `minimum` can be overridable".to_owned(),
        Role::StrengthIs { strength } => format!("this rule is `{}`", strength.word()),
        Role::Says { rule, value } => format!("rule `{rule}` says `{value}`"),
        Role::SaysFor {
            rule,
            values,
            groups,
        } => format!(
            "rule `{rule}` says {} for {}",
            phrase::few(values),
            phrase::groups(groups)
        ),
        Role::SetsFloor { rule, value } => format!("rule `{rule}` sets the minimum `{value}`"),
        Role::Locks { rule, value } => format!("rule `{rule}` locks it at `{value}`"),
        Role::Bounds { rule } => format!("rule `{rule}` bounds it for all sites below"),
        Role::NamesException {
            rule,
            setting,
            groups,
        } => format!(
            "rule `{rule}` names them in `{setting}` for {}",
            phrase::groups(groups)
        ),
        Role::OnlyForOrganisation { policy } => settings::for_the_organisation(policy)
            .map(setting::power)
            .unwrap_or_default()
            .to_owned(),
        Role::Decides => "this decides".to_owned(),
        Role::DecidesInstead => "a browser would follow this instead".to_owned(),
        Role::Crosses => "this crosses it".to_owned(),
        Role::ServiceEntry => "its entry in the catalogue".to_owned(),
        Role::HelplineLimit => "limits a helpline".to_owned(),
        Role::StatusIs { status } => format!("`{}` here", status.word()),
        Role::StatusFor { status, groups } => {
            format!("`{}` for {}", status.word(), phrase::groups(groups))
        }
        Role::WouldApply {
            rule,
            verdict,
            status,
        } => format!(
            "rule `{rule}` would {} it as `{}`",
            verdict.word(),
            status.word()
        ),
        Role::OpenFor { groups } => format!("opens it for {}", phrase::groups(groups)),
        Role::LeavesAccountOpen => "leaves the school account open there".to_owned(),
        Role::MinimumAge { age } => format!("the minimum age is {age}"),
        Role::Opens => "opens it".to_owned(),
        Role::CatalogueLimit => "the catalogue says otherwise".to_owned(),
        Role::Blocks { rule, since } => match since {
            Some(day) => format!("rule `{rule}` blocks it from {day}"),
            None => format!("rule `{rule}` blocks it"),
        },
        Role::Essential { need, name, .. } => essential(*need, name.as_deref()),
        Role::PlatformNeeds { purpose, title } => match purpose {
            PlatformUse::SignIn => format!("people sign in with {title}"),
            PlatformUse::Classroom => format!("{title} is a classroom"),
        },
        Role::UnknownPlatform => "the hosts of this platform are not known".to_owned(),
        Role::OpensBeyondLimit { rule } => {
            format!("rule `{rule}` opens more sites than the list has room for")
        }
        Role::Restricts { rule, since } => match since {
            Some(day) => format!("rule `{rule}` restricts here, with a bypass from {day}"),
            None => format!("rule `{rule}` restricts here"),
        },
        Role::OfAccount { rule } => format!("rule `{rule}` sets the account"),
        Role::SetsOnDevice { rule, what } => format!("rule `{rule}` sets `{what}` on the device"),
        Role::PersonalDevices => "these are personal devices".to_owned(),
        Role::SetsControl { control } => format!("`{control}` is set here"),
        Role::NeedsVersion { policy, since, .. } => {
            format!("`{policy}` is supported since {since}")
        }
        Role::OldestBrowser => "the oldest version in use".to_owned(),
        Role::Letter { letter, looks_like } => match looks_like {
            Some(other) => format!("{} instead of `{other}`", letters::named(*letter)),
            None => format!("with {}", letters::named(*letter)),
        },
        Role::LooksTheSame => "looks the same".to_owned(),
        Role::ImitatedName => "the name that it looks like".to_owned(),
        Role::NameTwice => "the second one".to_owned(),
        Role::NameOnce => "the first one".to_owned(),
        Role::NotInUnits => "`units.yaml` does not have it".to_owned(),
        Role::BelowMissingUnit => "this unit is below it".to_owned(),
        Role::NotInOrganisation => "`fyr.yaml` does not have it".to_owned(),
        Role::NotInServices => "no file below `services/` has it".to_owned(),
        Role::NotInCategories => "no list and no service has this category".to_owned(),
        Role::NotInTimetable => "`timetable.yaml` does not have it".to_owned(),
        Role::NotInDatabase => "the database of time zones does not have it".to_owned(),
        Role::WrongStatus => "no service has this status".to_owned(),
        Role::Unreadable => "it cannot be read from here".to_owned(),
        Role::Incomplete => "something is missing here".to_owned(),
        Role::TakenForAlias => "YAML reads it as an alias".to_owned(),
        Role::OpenedHere => "opened here".to_owned(),
        Role::IndentedBy { spaces } => format!("{} before it", document::spaces(*spaces)),
        Role::NotRead => "not read".to_owned(),
        Role::MissingHere => "missing here".to_owned(),
        Role::UnknownHere => "this word is not known here".to_owned(),
        Role::OtherType => "this is something else".to_owned(),
        Role::IsNot { expected } => format!("not {expected}"),
        Role::CannotBeRead => "this cannot be read".to_owned(),
        Role::Nothing => "nothing is written here".to_owned(),
        Role::LimitExceeded => "the limit is exceeded here".to_owned(),
        Role::BeginsKind { kind } => format!("`{kind}` begins a document of another kind"),
        Role::FilesNotRead { files } => format!(
            "this file and {} more are not read",
            files.saturating_sub(1)
        ),
        Role::LetterLost => "a letter was lost here".to_owned(),
        Role::InvisibleHere => "it is here, and not visible".to_owned(),
        Role::LooksLikeSpace => "it looks like a space".to_owned(),
        Role::NewLine => "YAML begins a new line here".to_owned(),
        Role::WrittenHere => "written here".to_owned(),
        Role::WhyNoStage { why } => match why {
            NoStage::Both => "has `start` and a fixed `stage`".to_owned(),
            NoStage::Neither => "has neither `start` nor `stage`".to_owned(),
            NoStage::NoneForPupils => "no stage is for pupils".to_owned(),
            NoStage::Grade(grade) => format!("in grade {grade}, which no stage includes"),
        },
        Role::NamedAfterRoot => "`/` has no name for it".to_owned(),
        Role::NameTooLong => "a group name has at most 63 letters, digits and `-`".to_owned(),
        Role::CountsAsFirstGrade => "counts as the first grade until then".to_owned(),
        Role::KeepsLastStage => "keeps the stage of its last grade".to_owned(),
        Role::GradesTaught => "the grades that this unit teaches".to_owned(),
        Role::GradesOverlap => "these grades overlap".to_owned(),
        Role::UnknownCountry => "the stages of this country are not known".to_owned(),
        Role::ApprovedHere => "approved here".to_owned(),
        Role::NoApprovalAsked => "has no `approval: guardian`".to_owned(),
        Role::NoSuchSetting => "no setting has this name".to_owned(),
        Role::NotSettable => "this policy exists but cannot be set".to_owned(),
        Role::WrongValue => "this value".to_owned(),
        Role::WrongSite => "this site".to_owned(),
        Role::AnEnding => "this is an ending, not a site".to_owned(),
        Role::WithoutEnding => "has no ending".to_owned(),
        Role::EmptyCategory { why } => match why {
            EmptyList::NoFiles => "names no files".to_owned(),
            EmptyList::EmptyFiles => "its files are empty".to_owned(),
            EmptyList::AllDropped { entries } => {
                let entries = phrase::counted(*entries, "entry", "entries");
                format!("all of the {entries} of its files were dropped")
            }
        },
        Role::ReadFrom { category } => format!("category `{category}` is read from it"),
        Role::LargeFile => "this file".to_owned(),
        Role::OtherDigest => "the files have another digest".to_owned(),
        Role::ListOfSites => "is this a list of sites?".to_owned(),
        Role::HoursTwice => "the second time".to_owned(),
        Role::NoDayOfWeek => "not a day of the week".to_owned(),
        Role::WeekBeginsOnMonday => "a week begins on Monday".to_owned(),
        Role::FromAndUntil => "expected from and until".to_owned(),
        Role::NoMinute => "contains no minute".to_owned(),
        Role::OverMidnight => "hours end on the day on which they begin".to_owned(),
        Role::MinutesTwice => "these minutes are written twice".to_owned(),
        Role::ReservedWord => "this word is reserved for the days of rules".to_owned(),
        Role::BoundsWeekdays => "only for periods on days of the week".to_owned(),
        Role::SingleDays => "runs on single days".to_owned(),
        Role::EveryWeek => "runs every week".to_owned(),
        Role::NeverRunsWithout => "a period without days never runs".to_owned(),
        Role::SameAsPeriod => "changes nothing for this unit".to_owned(),
        Role::HoursDiffer => "the hours of the period differ from day to day".to_owned(),
        Role::Holiday => "this holiday".to_owned(),
        Role::HoursNameDays => "the hours name their days already".to_owned(),
        Role::FirstDay => "the first day".to_owned(),
        Role::BeforeFirstDay => "the last day".to_owned(),
        Role::OneRuleForAllYears => "devices get one rule for every year".to_owned(),
        Role::NeverRuns { date } => format!("all its days are before {date} or in the holidays"),
        Role::HoldsDuring { rule } => format!("rule `{rule}` is in force during it"),
        Role::NoRuleDuring => "no rule is in force during it".to_owned(),
        Role::EqualException => "exception of equal rank".to_owned(),
        Role::DependsOnPeriods { periods } => {
            format!("the rules of this group depend on {periods} periods")
        }
        Role::FullOfCombinations { most } => {
            format!("earlier days need {most} combinations already")
        }
        Role::FloorBeginsOrEnds {
            rule,
            strength,
            day,
        } => format!(
            "the `{}` rule `{rule}` begins or ends on {day}",
            strength.word()
        ),
        Role::RunsUntil { last } => match last {
            Some(last) => format!("runs until {last}"),
            None => "has no last day".to_owned(),
        },
        Role::Lesson => "this lesson".to_owned(),
        Role::UndecidedHours => "these hours cite no decision".to_owned(),
        Role::DecidedIn { rule, case } => format!("rule `{rule}` was decided in `{case}`"),
        Role::Shortens {
            groups,
            first,
            cites,
            ..
        } => shortens(groups, *first, *cites),
        Role::DecidedByOther { body } => {
            format!("decided by {body}, which is not competent for the unit of the rule")
        }
        Role::FloorFrom {
            rule,
            strength,
            unit,
            decided,
            ..
        } => floor_from((rule, *strength, unit), decided.as_ref()),
    }
}

fn not_in_force(why: NotInForce) -> String {
    match why {
        NotInForce::Proposed(status) => format!("this decision is a proposal: `{}`", status.word()),
        NotInForce::Begins(day) => format!("this decision begins on {day}"),
        NotInForce::Ended(day) => format!("this decision ended on {day}"),
    }
}

fn timetable_line(line: &TimetableLine, unit: Option<&UnitPath>) -> String {
    let what = match line {
        TimetableLine::Period(name) => format!("period `{name}`"),
        TimetableLine::Exception(name) => format!("exception from period `{name}`"),
        TimetableLine::Holiday(name) => format!("holiday `{name}`"),
    };
    match unit {
        Some(unit) => format!("{what} for `{unit}`"),
        None => format!("{what} for all units"),
    }
}

fn essential(need: Need, name: Option<&str>) -> String {
    match (need, name) {
        (Need::Helpline, _) => "helps children directly".to_owned(),
        (Need::Recovery, _) => "listed as always reachable".to_owned(),
        (Need::SignIn, Some(name)) => format!("people sign in with {name} through it"),
        (Need::SignIn, None) => "people sign in through it".to_owned(),
    }
}

fn shortens(groups: &BTreeSet<GroupId>, first: Option<(Date, Hours)>, cites: bool) -> String {
    let whom = phrase::groups(groups);
    let loses = match first {
        Some((day, hours)) => format!("lost on {day}, {hours}, for {whom}"),
        None => format!("for {whom}"),
    };
    if cites {
        loses
    } else {
        format!("cites no decision of its own: {loses}")
    }
}

fn floor_from(
    (rule, strength, unit): (&RuleId, Strength, &UnitPath),
    decided: Option<&(CaseNumber, String)>,
) -> String {
    let is = format!("rule `{rule}` is `{}` from `{unit}`", strength.word());
    match decided {
        Some((case, body)) => format!("{is}, decided by {body} in `{case}`"),
        None => is,
    }
}
