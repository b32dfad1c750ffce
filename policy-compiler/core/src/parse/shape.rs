//! The fields that a kind of document has, as the schema says that editors read too.

use schemars::{JsonSchema, schema_for};
use serde_json::Value as Json;

/// The fields of a document.
pub(super) struct Shape {
    /// Every field with what it means.
    fields: Vec<(String, String)>,
    /// The fields of fields, each with the one it belongs under.
    nested: Vec<(String, String)>,
    /// Those that must be there, in the order in which they are read.
    required: Vec<String>,
    /// Those that must be there as well where a field says one of a few words.
    conditional: Option<Conditional>,
}

/// What the `if` and `then` of a schema say: fields that depend on the word of another one.
struct Conditional {
    field: String,
    words: Vec<String>,
    required: Vec<String>,
}

impl Conditional {
    fn of(schema: &Json) -> Option<Self> {
        let fields = schema.pointer("/if/properties")?.as_object()?;
        let (field, condition) = fields.iter().next()?;
        Some(Self {
            field: field.clone(),
            words: texts(condition.get("enum")?),
            required: texts(schema.pointer("/then/required")?),
        })
    }
}

fn texts(list: &Json) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.filter_map(Json::as_str).map(str::to_owned).collect()
}

impl Shape {
    /// The shape of a kind of document.
    pub(super) fn of<T: JsonSchema>() -> Self {
        let schema = schema_for!(T);
        let fields = schema.get("properties").and_then(Json::as_object);
        let required = schema.get("required").map(texts);
        let meaning = |field: &Json| {
            let description = field.get("description").and_then(Json::as_str);
            let words: Vec<&str> = description.unwrap_or_default().split_whitespace().collect();
            let words = words.join(" ");
            let first_sentence = words.split(". ").next().unwrap_or_default();
            first_sentence.trim_end_matches('.').to_owned()
        };
        let fields = fields.into_iter().flatten();
        let definitions = schema.get("$defs");
        let nested = fields.clone().flat_map(|(parent, field)| {
            let definition = definition_of(field, definitions);
            let names = definition.map(|definition| members_of(definition, definitions));
            let names = names.into_iter().flatten();
            names.map(|name| (name, parent.clone()))
        });
        Self {
            nested: nested.collect(),
            fields: fields
                .map(|(name, field)| (name.clone(), meaning(field)))
                .collect(),
            required: required.unwrap_or_default(),
            conditional: Conditional::of(schema.as_value()),
        }
    }

    /// The name of every field.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// The field that this one belongs under, if it is not a field itself, and belongs to one only.
    pub(super) fn parent(&self, name: &str) -> Option<&str> {
        let is_own = self.names().any(|own| own == name);
        let mut parents = self.nested.iter().filter(|(nested, _)| nested == name);
        let (_, parent) = parents.next().filter(|_| !is_own)?;
        parents.next().is_none().then_some(parent)
    }

    /// The fields that must be there and are not among these.
    pub(super) fn missing<'a>(&'a self, there: &[&str]) -> Vec<&'a str> {
        let required = self.required.iter().map(String::as_str);
        required.filter(|field| !there.contains(field)).collect()
    }

    /// The fields that what others say asks for and that are not among these.
    pub(super) fn also_missing<'a>(
        &'a self,
        there: &[&str],
        says: impl Fn(&str) -> Option<&'a str>,
    ) -> Vec<&'a str> {
        let asks = |conditional: &&Conditional| {
            let said = says(&conditional.field);
            said.is_some_and(|said| conditional.words.iter().any(|word| word == said))
        };
        let conditional = self.conditional.iter().filter(asks);
        let required = conditional.flat_map(|conditional| &conditional.required);
        let required = required.map(String::as_str);
        required.filter(|field| !there.contains(field)).collect()
    }

    /// The field by which this kind of document is known: `rule`.
    pub(super) fn head(&self) -> Option<&str> {
        self.required.first().map(String::as_str)
    }

    /// What a field is, for a reader who wrote it wrongly or not at all; `None` for a name that
    /// is none of them.
    pub(super) fn help(&self, name: &str) -> Option<String> {
        let (_, meaning) = self.fields.iter().find(|(field, _)| field == name)?;
        let first_word = meaning.split([' ', ',']).next()?;
        let is_plain = first_word.chars().skip(1).all(char::is_lowercase);
        let mut letters = meaning.chars();
        let first = letters.next()?;
        Some(if is_plain {
            format!("`{name}:` is {}{}", first.to_lowercase(), letters.as_str())
        } else {
            format!("`{name}:` is {meaning}")
        })
    }
}

/// What a field refers to.
fn definition_of<'a>(field: &Json, definitions: Option<&'a Json>) -> Option<&'a Json> {
    let name = field.get("$ref").and_then(Json::as_str)?;
    definitions?.get(name.rsplit('/').next()?)
}

/// The names of the members of a definition, whichever of its forms has them.
fn members_of(definition: &Json, definitions: Option<&Json>) -> Vec<String> {
    let forms = definition.get("anyOf").and_then(Json::as_array);
    let forms = forms.into_iter().flatten();
    let forms = forms.map(|form| definition_of(form, definitions).unwrap_or(form));
    std::iter::once(definition)
        .chain(forms)
        .filter_map(|form| form.get("properties").and_then(Json::as_object))
        .flat_map(|members| members.keys().cloned())
        .collect()
}
