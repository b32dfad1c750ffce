//! Why a finding shows at a place.

use std::collections::BTreeSet;

use fyr_policy_source::{ServiceStatus, Strength};
use fyr_schemas::timetable::Hours;
use fyr_schemas::{CaseNumber, CategoryId, ControlId, GroupId, RuleId, ServiceId, UnitPath};
use jiff::civil::Date;
use serde::Serialize;

use super::{DecisionDay, EmptyList, Need, NoStage, NotInForce, PlatformUse, TimetableLine};
use crate::url_filter::Verdict;

/// Why a finding shows at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(
    tag = "role",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Role {
    /// A rule that cites no decision.
    Uncited,
    /// A case number that no decision has.
    UnknownCase,
    /// A decision is cited here.
    Cites,
    /// A decision is cited here, and is not in force.
    CitesNotInForce {
        /// Why not.
        why: NotInForce,
    },
    /// A rule that cites a decision, and that is not in force on the day.
    RuleNotInForce,
    /// The status of the decision.
    StatusOfDecision,
    /// The last day on which it was in force.
    InForceUntil,
    /// A day of a decision.
    Day {
        /// Which of its days.
        day: DecisionDay,
    },
    /// A day of a rule.
    RuleDay {
        /// Which of its days.
        day: DecisionDay,
    },
    /// The decision is replaced here.
    Replaces,
    /// The day by which it was to be reviewed.
    ReviewDue,
    /// The status of an emergency, which is in force at once.
    Emergency,
    /// The day by which an emergency is to be decided.
    DecideBy,
    /// The day by which an emergency was to be decided.
    DecideByPassed,
    /// The day from which an emergency is in force without a decision.
    WithoutDecisionFrom,
    /// The day of an assessment.
    AssessmentDue {
        /// The day by which it was to be made again.
        due: Date,
    },
    /// The unit of a rule.
    RuleForUnit {
        /// The rule.
        rule: RuleId,
    },
    /// The body that made a decision which another one replaces.
    ReplacedDecisionOf {
        /// The replaced decision.
        case: CaseNumber,
    },
    /// A status of a service that also applies in the unit.
    ServiceStatusFor {
        /// The service.
        service: ServiceId,
        /// Its status.
        status: ServiceStatus,
    },
    /// A line of the timetable and the unit that it is for.
    TimetableFor {
        /// The line.
        line: TimetableLine,
        /// The unit; `None` for the whole organisation.
        unit: Option<UnitPath>,
    },
    /// The body that decided.
    DecidedBy,
    /// Where `fyr.yaml` says what the body is competent for.
    CompetentFor,
    /// A rule that begins or ends on a day.
    BeginsOrEnds {
        /// The rule.
        rule: RuleId,
        /// The day.
        day: Date,
    },
    /// A rule without settings and sites.
    SaysNothing,
    /// A rule without a reason.
    NoReason,
    /// The first language of the organisation.
    FirstLanguage,
    /// What selects no group.
    SelectsNoGroup,
    /// A value that reaches no group of its rule.
    ReachesNoGroup,
    /// A site that warns without guidance.
    WarnsHere,
    /// Guidance that is shown nowhere.
    GuidanceUnused,
    /// What has no effect.
    NoEffect,
    /// What overrides it.
    Overrides {
        /// The rule.
        rule: RuleId,
    },
    /// A narrower value of the same rule.
    Narrower,
    /// What says the same.
    SaysAlready {
        /// The rule.
        rule: RuleId,
        /// Its strength.
        strength: Strength,
    },
    /// A last day that is over.
    LastDay,
    /// A period that runs for none of the groups of the rule.
    During,
    /// A period that runs for other groups.
    RunsForOthers,
    /// Where a rule says that it is overridable.
    Overridable,
    /// The strength of a rule.
    StrengthIs {
        /// It.
        strength: Strength,
    },
    /// What a rule says.
    Says {
        /// The rule.
        rule: RuleId,
        /// The setting with its value, or the verdict with its site.
        value: String,
    },
    /// What a rule says, and for which groups.
    SaysFor {
        /// The rule.
        rule: RuleId,
        /// The values.
        values: BTreeSet<String>,
        /// The groups.
        groups: BTreeSet<GroupId>,
    },
    /// A minimum above.
    SetsFloor {
        /// The rule.
        rule: RuleId,
        /// Its value.
        value: String,
    },
    /// A locked rule above.
    Locks {
        /// The rule.
        rule: RuleId,
        /// Its value.
        value: String,
    },
    /// A verdict that is bounded above.
    Bounds {
        /// The rule.
        rule: RuleId,
    },
    /// Where exceptions are named.
    NamesException {
        /// The rule.
        rule: RuleId,
        /// The setting.
        setting: String,
        /// The groups.
        groups: BTreeSet<GroupId>,
    },
    /// A browser's own policy that only the organisation may set.
    OnlyForOrganisation {
        /// The policy.
        policy: String,
    },
    /// What was decided over the sites.
    Decides,
    /// What a browser would follow instead.
    DecidesInstead,
    /// What crosses it.
    Crosses,
    /// The entry of a service.
    ServiceEntry,
    /// A limit of a helpline.
    HelplineLimit,
    /// A status of a service.
    StatusIs {
        /// It.
        status: ServiceStatus,
    },
    /// A status of a service, and the groups that it is for.
    StatusFor {
        /// It.
        status: ServiceStatus,
        /// The groups.
        groups: BTreeSet<GroupId>,
    },
    /// What a rule above says of the service otherwise.
    WouldApply {
        /// The rule.
        rule: RuleId,
        /// The verdict.
        verdict: Verdict,
        /// The status that the rule asks for.
        status: ServiceStatus,
    },
    /// A site that is open, and for which groups.
    OpenFor {
        /// The groups.
        groups: BTreeSet<GroupId>,
    },
    /// A value that leaves the school account open.
    LeavesAccountOpen,
    /// A minimum age.
    MinimumAge {
        /// It.
        age: u8,
    },
    /// What opens a service.
    Opens,
    /// What the catalogue says.
    CatalogueLimit,
    /// What blocks a site.
    Blocks {
        /// The rule.
        rule: RuleId,
        /// The first day, where it is to come.
        since: Option<Date>,
    },
    /// A site that must stay reachable.
    Essential {
        /// Why.
        need: Need,
        /// The helpline or the sign-in, by its name.
        name: Option<String>,
        /// What must stay open of it.
        site: String,
    },
    /// A platform of the organisation.
    PlatformNeeds {
        /// What it is used for.
        purpose: PlatformUse,
        /// Its name as people know it.
        title: String,
    },
    /// A platform whose hosts are not known.
    UnknownPlatform,
    /// What opens more sites than a list has room for.
    OpensBeyondLimit {
        /// The rule.
        rule: RuleId,
    },
    /// What restricts.
    Restricts {
        /// The rule.
        rule: RuleId,
        /// The first day on which it can be bypassed, where it is to come.
        since: Option<Date>,
    },
    /// A setting of the account.
    OfAccount {
        /// The rule.
        rule: RuleId,
    },
    /// What a rule sets on a device.
    SetsOnDevice {
        /// The rule.
        rule: RuleId,
        /// The setting or the site.
        what: String,
    },
    /// A group of personal devices.
    PersonalDevices,
    /// Where a control is set.
    SetsControl {
        /// It.
        control: ControlId,
    },
    /// A setting that needs a policy.
    NeedsVersion {
        /// The control of the setting.
        control: ControlId,
        /// The policy.
        policy: String,
        /// The versions that support it.
        since: String,
    },
    /// The oldest browser in use.
    OldestBrowser,
    /// A letter that looks like another one.
    Letter {
        /// It.
        letter: char,
        /// The other one, where a single letter is meant.
        looks_like: Option<char>,
    },
    /// A name that looks like another one.
    LooksTheSame,
    /// The name that another one looks like.
    ImitatedName,
    /// The second of two equal names.
    NameTwice,
    /// The first of two equal names.
    NameOnce,
    /// A name that `units.yaml` does not have.
    NotInUnits,
    /// A unit whose parent is missing.
    BelowMissingUnit,
    /// A name that `fyr.yaml` does not have.
    NotInOrganisation,
    /// A service that no file has.
    NotInServices,
    /// A category that no list and no service has.
    NotInCategories,
    /// A period that `timetable.yaml` does not have.
    NotInTimetable,
    /// A time zone that the database of time zones does not have.
    NotInDatabase,
    /// A status that no service can have.
    WrongStatus,
    /// Where a document cannot be read.
    Unreadable,
    /// Where a document ends.
    Incomplete,
    /// A text that YAML reads as an alias.
    TakenForAlias,
    /// A bracket that is not closed.
    OpenedHere,
    /// A line and the spaces before it.
    IndentedBy {
        /// How many.
        spaces: usize,
    },
    /// What is not read.
    NotRead,
    /// Where fields are missing.
    MissingHere,
    /// A word that is not known.
    UnknownHere,
    /// A value of another type.
    OtherType,
    /// A text that the field does not take.
    IsNot {
        /// What it takes, in the words of the reference.
        expected: String,
    },
    /// A value that cannot be read.
    CannotBeRead,
    /// Where nothing is written.
    Nothing,
    /// Where a limit is exceeded.
    LimitExceeded,
    /// A field that begins a document of another kind.
    BeginsKind {
        /// The field.
        kind: String,
    },
    /// The first of several files that are not read.
    FilesNotRead {
        /// How many there are.
        files: usize,
    },
    /// Bytes that are no text.
    LetterLost,
    /// A character that is not visible.
    InvisibleHere,
    /// A blank that is no space.
    LooksLikeSpace,
    /// A hidden end of a line.
    NewLine,
    /// Where a text is written.
    WrittenHere,
    /// Why a group has no stage.
    WhyNoStage {
        /// It.
        why: NoStage,
    },
    /// A group of `/`.
    NamedAfterRoot,
    /// A group whose name would be too long.
    NameTooLong,
    /// A class that has not begun school.
    CountsAsFirstGrade,
    /// A class that has left school.
    KeepsLastStage,
    /// The grades that a unit teaches.
    GradesTaught,
    /// The grades of a stage.
    GradesOverlap,
    /// A country without a table of stages.
    UnknownCountry,
    /// An approval that is not needed.
    ApprovedHere,
    /// A service that needs no approval.
    NoApprovalAsked,
    /// A setting that does not exist.
    NoSuchSetting,
    /// A browser's own policy that cannot be set.
    NotSettable,
    /// A value that is not taken.
    WrongValue,
    /// A text that is no site.
    WrongSite,
    /// An ending that many sites share.
    AnEnding,
    /// A word without an ending.
    WithoutEnding,
    /// A category without sites.
    EmptyCategory {
        /// Why.
        why: EmptyList,
    },
    /// A path of a category.
    ReadFrom {
        /// The category.
        category: CategoryId,
    },
    /// A file that is too large.
    LargeFile,
    /// The reviewed digest.
    OtherDigest,
    /// A list of which much was dropped.
    ListOfSites,
    /// The second hours of a day.
    HoursTwice,
    /// What is no day of the week.
    NoDayOfWeek,
    /// A range over the end of the week.
    WeekBeginsOnMonday,
    /// What is not the hours of a day.
    FromAndUntil,
    /// Hours without a minute.
    NoMinute,
    /// Hours over the end of a day.
    OverMidnight,
    /// Hours that overlap others.
    MinutesTwice,
    /// A name that stands for the days of rules.
    ReservedWord,
    /// A first or a last day.
    BoundsWeekdays,
    /// Single days.
    SingleDays,
    /// Days of the week.
    EveryWeek,
    /// A period without days.
    NeverRunsWithout,
    /// An exception that changes nothing.
    SameAsPeriod,
    /// An exception without hours.
    HoursDiffer,
    /// A holiday.
    Holiday,
    /// Days beside hours that name their days.
    HoursNameDays,
    /// A first day.
    FirstDay,
    /// A last day before the first.
    BeforeFirstDay,
    /// A time zone without a rule.
    OneRuleForAllYears,
    /// A period that never runs again.
    NeverRuns {
        /// The day of the policy.
        date: Date,
    },
    /// A rule that is in force during it.
    HoldsDuring {
        /// The rule.
        rule: RuleId,
    },
    /// A period that no rule is in force during.
    NoRuleDuring,
    /// One of several exceptions of equal rank.
    EqualException,
    /// A group whose rules depend on periods.
    DependsOnPeriods {
        /// How many.
        periods: usize,
    },
    /// A group whose devices carry the most combinations.
    FullOfCombinations {
        /// How many.
        most: usize,
    },
    /// A bound that begins or ends on a day that is not included.
    FloorBeginsOrEnds {
        /// The rule.
        rule: RuleId,
        /// Its strength.
        strength: Strength,
        /// The day.
        day: Date,
    },
    /// A lesson.
    RunsUntil {
        /// Its last day.
        last: Option<Date>,
    },
    /// One of several lessons.
    Lesson,
    /// Hours that cite no decision.
    UndecidedHours,
    /// A rule that was decided.
    DecidedIn {
        /// The rule.
        rule: RuleId,
        /// The decision.
        case: CaseNumber,
    },
    /// What shortens the hours of a rule.
    Shortens {
        /// The period or the holiday.
        name: String,
        /// The groups that lose hours.
        groups: BTreeSet<GroupId>,
        /// The first hours that are lost.
        first: Option<(Date, Hours)>,
        /// Whether it cites a decision of its own.
        cites: bool,
    },
    /// Where a decision is cited whose body is not competent.
    DecidedByOther {
        /// The body, by its name.
        body: String,
    },
    /// A rule above.
    FloorFrom {
        /// The rule.
        rule: RuleId,
        /// Its strength.
        strength: Strength,
        /// Its unit.
        unit: UnitPath,
        /// The decision and the body that made it, by its name.
        decided: Option<(CaseNumber, String)>,
        /// The nearest body that may decide for the unit, by its name.
        competent: Option<String>,
    },
}
