//! Texts for people that YAML's escapes put together: what a terminal would obey, and lines where
//! one is expected.

use fyr_policy_source::List;

use super::{Documents, InFile};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Place;

/// How much room a text has where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    /// A cell or a heading.
    OneLine,
    /// As many lines as it takes.
    Lines,
}

/// Reads the texts of every document; `lists` are those whose files are not read yet.
pub(super) fn check(documents: &Documents, lists: &[InFile<List>], findings: &mut Diagnostics) {
    let mut report = |place: Place, field: &str, text: &str, room: Room| {
        findings.extend(fault(place, field, text, room));
    };
    if let Some(file) = &documents.organisation {
        let organisation = &file.document;
        let place = file.place(&organisation.organisation);
        report(place, "name", &organisation.name, Room::OneLine);
        for (id, body) in &organisation.bodies {
            report(file.place(id), "name", &body.name, Room::OneLine);
        }
    }
    if let Some(file) = &documents.units {
        for (path, unit) in &file.document.units {
            report(file.place(path), "name", &unit.name, Room::OneLine);
        }
    }
    if let Some(file) = &documents.timetable {
        for holiday in &file.document.holidays {
            let place = file.place(&holiday.name);
            report(place, "name", &holiday.name, Room::OneLine);
        }
    }
    for file in &documents.decisions {
        let (decision, place) = (&file.document, file.place(&file.document.decision));
        report(place, "title", &decision.title, Room::OneLine);
        report(place, "owner", &decision.owner, Room::OneLine);
        report(place, "purpose", &decision.purpose, Room::Lines);
        let basis = decision.legal_basis.as_deref().unwrap_or_default();
        report(place, "legal-basis", basis, Room::Lines);
    }
    for file in &documents.rules {
        let rule = &file.document;
        for (language, text) in &rule.why {
            report(file.place(language), "why", text, Room::Lines);
        }
        for (language, text) in &rule.guidance {
            report(file.place(language), "guidance", text, Room::Lines);
        }
    }
    for file in &documents.services {
        let (service, place) = (&file.document, file.place(&file.document.service));
        report(place, "name", &service.name, Room::OneLine);
        if let Some(vendor) = &service.vendor {
            report(place, "vendor", &vendor.name, Room::OneLine);
        }
    }
    for file in lists {
        let (list, place) = (&file.document, file.place(&file.document.category));
        for (language, title) in &list.title {
            report(file.place(language), "title", title, Room::OneLine);
        }
        report(place, "source", &list.source, Room::OneLine);
        report(place, "licence", &list.licence, Room::OneLine);
    }
}

fn fault(place: Place, field: &str, text: &str, room: Room) -> Option<Diagnostic> {
    // A block of YAML ends with a line's end that has no meaning of its own.
    let mut letters = text.trim_end().chars();
    let unseen = letters.find(|letter| match letter {
        '\n' => room == Room::OneLine,
        '\t' => false,
        other => other.is_control(),
    })?;
    let (message, help) = match unseen {
        '\n' => (
            format!("`{field}` has more than one line"),
            format!("write `{field}` in one line: it is shown in one"),
        ),
        _ => (
            format!(
                "`{field}` holds a control character, U+{:04X}",
                u32::from(unseen)
            ),
            format!("write `{field}` without it: what cannot be seen cannot be reviewed"),
        ),
    };
    let finding = Diagnostic::new(Code::NotText, message);
    Some(finding.at(place, "it is written here").help(help))
}
