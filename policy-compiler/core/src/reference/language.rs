//! The page of the language: every document and field, from the schemas that editors read.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use fyr_policy_source::Stage;
use serde_json::{Map, Value as Json};

use crate::country::Country;
use crate::schema::schemas;

/// The page, one section a document and one a mapping within it.
pub fn language() -> String {
    let mut page = "\
# The policy language

Every document of a policy directory, and every field. A file may hold several documents of its
kind, one after the other, each after a line `---`; `fyr.yaml`, `units.yaml` and `timetable.yaml`
hold one.

Written by `make generate`.
"
    .to_owned();
    let schemas: Vec<Json> = schemas()
        .into_iter()
        .map(|(_, schema)| schema.to_value())
        .filter(|schema| text(schema, "title").contains(".yaml"))
        .collect();
    let mut described = BTreeSet::new();
    for schema in &schemas {
        let title = text(schema, "title").trim_start_matches("Fyr: ");
        let (what, file) = title.split_once(" (").unwrap_or((title, ""));
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## `{}`: {what}\n", file.trim_end_matches(')'));
        let document = Document { schema };
        document.describe(&mut page, schema, &mut described);
    }
    page.push_str(&stages());
    page
}

/// The stages that each country has of itself, from the tables that the compiler reads.
fn stages() -> String {
    let mut section = "\n## The stages of each country\n
What a rule can name in `for` where `fyr.yaml` writes no `stages` of its own.

| country | stage | grades |\n|---|---|---|\n"
        .to_owned();
    for country in Country::ALL {
        for (name, stage) in country.stages {
            let grades = match stage {
                Stage::Pupils(grades) => format!("{} to {}", grades.first.0, grades.last.0),
                Stage::Staff => "staff".to_owned(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(section, "| `{}` | `{name}` | {grades} |", country.code);
        }
    }
    section
}

/// The schema of one document, with the definitions that its fields refer to.
struct Document<'a> {
    schema: &'a Json,
}

impl<'a> Document<'a> {
    /// Describes a mapping, and then the mappings within it that have not been described yet.
    fn describe(&self, page: &mut String, mapping: &'a Json, described: &mut BTreeSet<&'a str>) {
        let required: Vec<&str> = strings(mapping, "required").collect();
        let _ = write!(page, "\n{}\n\n", text(mapping, "description"));
        page.push_str("| field | | value | meaning |\n|---|---|---|---|\n");
        let fields = object(mapping, "properties");
        let optional = fields.keys().map(String::as_str);
        let optional = optional.filter(|name| !required.contains(name));
        let mut within = Vec::new();
        for name in required.iter().copied().chain(optional) {
            let Some(field) = fields.get(name) else {
                continue;
            };
            let must = if required.contains(&name) {
                "required"
            } else {
                ""
            };
            let value = self.value(field, &mut within);
            let meaning = self.meaning(field);
            let _ = writeln!(page, "| `{name}` | {must} | {value} | {meaning} |");
        }
        for name in within {
            if let Some(definition) = self.definition(name).filter(|_| described.insert(name)) {
                let _ = write!(page, "\n### {}\n", words(name));
                self.describe(page, definition, described);
            }
        }
    }

    /// What can be written in a place, in words; mappings that have fields are noted.
    fn value(&self, schema: &'a Json, within: &mut Vec<&'a str>) -> String {
        if let Some(name) = reference(schema) {
            return self.named(name, within);
        }
        for choice in ["anyOf", "oneOf"] {
            if let Some(choices) = schema.get(choice).and_then(Json::as_array) {
                let choices = choices
                    .iter()
                    .filter(|choice| text(choice, "type") != "null");
                let choices: Vec<String> =
                    choices.map(|choice| self.value(choice, within)).collect();
                let between = if choices.iter().all(|choice| choice.starts_with('`')) {
                    ", "
                } else {
                    ", or "
                };
                return choices.join(between);
            }
        }
        if let Some(word) = schema.get("const").and_then(Json::as_str) {
            return format!("`{word}`");
        }
        let accepted: Vec<String> = strings(schema, "enum")
            .map(|word| format!("`{word}`"))
            .collect();
        if !accepted.is_empty() {
            return accepted.join(", ");
        }
        match kind(schema) {
            "array" => {
                let each = schema.get("items").map(|items| self.value(items, within));
                format!("a list, each {}", each.unwrap_or_default())
            }
            "object" if schema.get("properties").is_some() => {
                "a mapping of [settings](settings.md) to values".to_owned()
            }
            "object" => {
                let by_pattern = object(schema, "patternProperties").values().next();
                let each = by_pattern.or_else(|| schema.get("additionalProperties"));
                let each = each.map(|each| self.value(each, within));
                format!("a mapping of names to {}", each.unwrap_or_default())
            }
            "integer" => match (schema.get("minimum"), schema.get("maximum")) {
                (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
                _ => "a whole number".to_owned(),
            },
            "boolean" => "`true` or `false`".to_owned(),
            "string" if text(schema, "format") == "date" => "a day: `2026-08-01`".to_owned(),
            "string" => "text".to_owned(),
            _ => "a value".to_owned(),
        }
    }

    fn named(&self, name: &'a str, within: &mut Vec<&'a str>) -> String {
        let Some(definition) = self.definition(name) else {
            return words(name);
        };
        if definition.get("properties").is_some() {
            within.push(name);
            return format!("[{}](#{})", words(name), words(name).replace(' ', "-"));
        }
        if definition.get("pattern").is_some() {
            let description = text(definition, "description");
            let described = if description.is_empty() {
                words(name)
            } else {
                description.to_owned()
            };
            return described.trim_end_matches('.').replace('|', r"\|");
        }
        self.value(definition, within)
    }

    /// What a field means, and each of the words that it takes.
    fn meaning(&self, field: &'a Json) -> String {
        let mut meaning = text(field, "description").to_owned();
        let choices = field.get("anyOf").and_then(Json::as_array);
        let inner = choices.and_then(|choices| choices.first()).unwrap_or(field);
        let inner = inner.get("items").unwrap_or(inner);
        let definition = reference(inner).and_then(|name| self.definition(name));
        let of = definition
            .and_then(|definition| definition.get("oneOf"))
            .and_then(Json::as_array);
        for choice in of.into_iter().flatten() {
            let (word, said) = (text(choice, "const"), text(choice, "description"));
            if !word.is_empty() && !said.is_empty() {
                let _ = write!(meaning, " `{word}`: {said}");
            }
        }
        meaning
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace('|', r"\|")
    }

    fn definition(&self, name: &str) -> Option<&'a Json> {
        self.schema.get("$defs")?.get(name)
    }
}

fn reference(schema: &Json) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// The type that is not `null`.
fn kind(schema: &Json) -> &str {
    let several = strings(schema, "type").find(|kind| *kind != "null");
    several.unwrap_or_else(|| text(schema, "type"))
}

fn text<'a>(schema: &'a Json, member: &str) -> &'a str {
    schema
        .get(member)
        .and_then(Json::as_str)
        .unwrap_or_default()
}

fn strings<'a>(schema: &'a Json, member: &str) -> impl Iterator<Item = &'a str> {
    let listed = schema.get(member).and_then(Json::as_array);
    listed.into_iter().flatten().filter_map(Json::as_str)
}

fn object<'a>(schema: &'a Json, member: &str) -> &'a Map<String, Json> {
    static NONE: std::sync::LazyLock<Map<String, Json>> = std::sync::LazyLock::new(Map::new);
    schema
        .get(member)
        .and_then(Json::as_object)
        .unwrap_or(&NONE)
}

/// `SignIn` as people read it: `sign in`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}
