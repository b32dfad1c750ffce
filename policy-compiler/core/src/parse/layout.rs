//! What is wrong with how a document is laid out: a bracket that stays open, a line that stands
//! further in or out than those beside it. YAML makes something else of it, and what it says then
//! leads nowhere; so this is the only finding.

use fyr_policy_source::Span;

use super::chunk::Chunk;
use crate::finding::{Diagnostic, Document, Others, Role};

/// The first fault of layout of a document that cannot be read. Texts of several lines (`|`, `>`)
/// are laid out as their writers like, so where there is one nothing is looked for.
pub(super) fn fault(chunk: &Chunk<'_>) -> Option<Diagnostic> {
    let lines = lines(chunk.text)?;
    open_bracket(chunk, &lines)
        .or_else(|| first_line(chunk, &lines))
        .or_else(|| beside(chunk, &lines))
}

/// A line with something on it.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    /// Where its content begins.
    start: usize,
    /// The blanks before it.
    indent: usize,
    /// Without remarks.
    content: &'a str,
    /// The bracket that was opened last on an earlier line and is still open.
    inside: Option<usize>,
}

/// The lines; `None` where a quote runs over several, or a text does.
fn lines(text: &str) -> Option<Vec<Line<'_>>> {
    let (mut lines, mut open, mut at) = (Vec::new(), Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start_matches(' ');
        let (indent, start) = (line.len() - trimmed.len(), at + line.len() - trimmed.len());
        at += line.len();
        let inside = open.last().copied();
        let content = read_line(trimmed, start, &mut open)?.trim_end();
        if content.ends_with(['|', '>']) {
            return None;
        }
        if !content.is_empty() && content != "---" {
            lines.push(Line {
                start,
                indent,
                content,
                inside,
            });
        }
    }
    // What is left open is open on the last line, with any text there.
    lines.push(Line {
        start: at,
        indent: 0,
        content: "",
        inside: open.last().copied(),
    });
    Some(lines)
}

/// The part of a line before a comment; `open` gains and loses brackets.
fn read_line<'a>(line: &'a str, start: usize, open: &mut Vec<usize>) -> Option<&'a str> {
    let mut quote = None;
    let mut before = '\n';
    let mut begins = true;
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (Some(mark), _) => {
                if letter == mark && before != '\\' {
                    quote = None;
                    begins = false;
                }
            }
            (None, '"' | '\'') if begins => quote = Some(letter),
            (None, '[' | '{') if begins => open.push(start + at),
            (None, ']' | '}') if !open.is_empty() => {
                open.pop();
                begins = false;
            }
            (None, '#') if before.is_whitespace() => return line.get(..at),
            (None, ',') if !open.is_empty() => begins = true,
            (None, letter) if letter.is_whitespace() => begins |= matches!(before, ':' | '-'),
            (None, _) => begins = false,
        }
        before = letter;
    }
    quote.is_none().then_some(line)
}

fn open_bracket(chunk: &Chunk<'_>, lines: &[Line<'_>]) -> Option<Diagnostic> {
    let start = lines.last()?.inside?;
    let (opening, closing) = match chunk.text.get(start..)?.chars().next()? {
        '[' => ('[', ']'),
        _ => ('{', '}'),
    };
    let place = chunk.place(Span { start, length: 1 });
    let finding = Diagnostic::of(Document::OpenBracket { opening, closing });
    Some(finding.at(place, Role::OpenedHere))
}

/// A first line that stands further in than the others.
fn first_line(chunk: &Chunk<'_>, lines: &[Line<'_>]) -> Option<Diagnostic> {
    let (first, rest) = lines.split_first()?;
    let outer = rest.iter().filter(|line| !line.content.is_empty());
    let least = outer.map(|line| line.indent).min()?;
    (least < first.indent).then(|| misplaced(chunk, first, Others::Below, least))
}

/// A line that belongs neither beside nor under the one above it.
fn beside(chunk: &Chunk<'_>, lines: &[Line<'_>]) -> Option<Diagnostic> {
    // The fields and items that the line above stands under, from the outermost in, and itself.
    let mut levels: Vec<(usize, Kind)> = Vec::new();
    let mut above: Option<&Line<'_>> = None;
    for line in lines
        .iter()
        .filter(|line| line.inside.is_none() && !line.content.is_empty())
    {
        if let Some(above) = above {
            let is_deeper = above.column() < line.indent;
            let is_entry = line.kind() == Kind::Item || line.is_field();
            if is_deeper && is_entry && above.has_value() {
                return Some(misplaced(chunk, line, Others::Above, above.column()));
            }
            let is_outside = line.indent < above.indent;
            levels.retain(|(indent, _)| *indent <= line.indent);
            let level = levels.last().copied();
            let is_beside =
                level.is_some_and(|(indent, kind)| indent == line.indent && kind == line.kind());
            if is_outside && !is_beside {
                return Some(misplaced(chunk, line, Others::Above, above.indent));
            }
        }
        let known = levels
            .last()
            .is_some_and(|(indent, _)| *indent == line.indent);
        if !known {
            levels.push((line.indent, line.kind()));
        }
        if line.column() > line.indent {
            levels.push((line.column(), Kind::Field));
        }
        above = Some(line);
    }
    None
}

fn misplaced(chunk: &Chunk<'_>, line: &Line<'_>, others: Others, expected: usize) -> Diagnostic {
    let place = chunk.place(Span {
        start: line.start,
        length: line.content.len(),
    });
    let spaces = line.indent;
    Diagnostic::of(Document::Indentation { others, expected })
        .at(place, Role::IndentedBy { spaces })
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `name: value`.
    Field,
    /// `- value`.
    Item,
}

impl<'a> Line<'a> {
    fn kind(&self) -> Kind {
        if self.content.starts_with("- ") {
            Kind::Item
        } else {
            Kind::Field
        }
    }

    /// What stands in it behind the `- ` of an item.
    fn inner(&self) -> &'a str {
        let inner = self.content.strip_prefix("- ");
        inner.map_or(self.content, str::trim_start)
    }

    /// The blanks before the field of an item that is a mapping; else before the line.
    fn column(&self) -> usize {
        let begins_a_mapping = self.kind() == Kind::Item && self.is_field();
        if begins_a_mapping {
            self.indent + self.content.len() - self.inner().len()
        } else {
            self.indent
        }
    }

    fn is_field(&self) -> bool {
        let name = self.inner().split_once(':');
        name.is_some_and(|(name, rest)| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte);
            name.bytes().all(is_plain) && (rest.is_empty() || rest.starts_with(' '))
        })
    }

    /// Whether it is complete, so that nothing can be below it.
    fn has_value(&self) -> bool {
        let said = if self.is_field() {
            self.inner()
                .split_once(": ")
                .map_or("", |(_, value)| value.trim())
        } else {
            self.inner()
        };
        !said.is_empty() && (self.is_field() || self.kind() == Kind::Item)
    }
}
