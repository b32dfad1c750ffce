//! Texts for people that YAML's escapes put together: what a terminal would obey, and lines where
//! one is expected.

use fyr_schemas::policy::List;

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
    let mut tell = |place: Place, field: &str, text: &str, room: Room| {
        findings.extend(fault(place, field, text, room));
    };
    if let Some(file) = &documents.organisation {
        let organisation = &file.document;
        let place = file.place(&organisation.organisation);
        tell(place, "name", &organisation.name, Room::OneLine);
        for (id, body) in &organisation.bodies {
            tell(file.place(id), "name", &body.name, Room::OneLine);
        }
    }
    if let Some(file) = &documents.units {
        for (path, unit) in &file.document.units {
            tell(file.place(path), "name", &unit.name, Room::OneLine);
        }
    }
    if let Some(file) = &documents.timetable {
        for holiday in &file.document.holidays {
            let place = file.place(&holiday.name);
            tell(place, "name", &holiday.name, Room::OneLine);
        }
    }
    for file in &documents.decisions {
        let (decision, place) = (&file.document, file.place(&file.document.decision));
        tell(place, "title", &decision.title, Room::OneLine);
        tell(place, "owner", &decision.owner, Room::OneLine);
        tell(place, "purpose", &decision.purpose, Room::Lines);
        let basis = decision.legal_basis.as_deref().unwrap_or_default();
        tell(place, "legal-basis", basis, Room::Lines);
    }
    for file in &documents.rules {
        let rule = &file.document;
        for (language, text) in &rule.why {
            tell(file.place(language), "why", text, Room::Lines);
        }
        for (language, text) in &rule.guidance {
            tell(file.place(language), "guidance", text, Room::Lines);
        }
    }
    for file in &documents.services {
        let (service, place) = (&file.document, file.place(&file.document.service));
        tell(place, "name", &service.name, Room::OneLine);
        if let Some(vendor) = &service.vendor {
            tell(place, "vendor", &vendor.name, Room::OneLine);
        }
    }
    for file in lists {
        let (list, place) = (&file.document, file.place(&file.document.category));
        for (language, title) in &list.title {
            tell(file.place(language), "title", title, Room::OneLine);
        }
        tell(place, "source", &list.source, Room::OneLine);
        tell(place, "licence", &list.licence, Room::OneLine);
    }
}

fn fault(place: Place, field: &str, text: &str, room: Room) -> Option<Diagnostic> {
    // A block of YAML ends with a line's end that nobody wrote for its own sake.
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
