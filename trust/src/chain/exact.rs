//! One document is one string of bytes: metadata that says the same in other bytes is refused.
//!
//! Signatures cover what JSON means. Spaces, escapes, another order of members or capital hex digits
//! would let a flipped byte pass. The document is compared with its one form while it is read, so
//! nothing of it is copied.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::VerifyError;

/// The two members of a document.
pub(super) struct Written<'a> {
    pub(super) signatures: Vec<Signature>,
    /// As long as no text in it needs an escape, these are the bytes that the signatures cover.
    pub(super) signed: &'a RawValue,
}

/// One signature, in lowercase hex.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    pub(super) keyid: String,
    pub(super) sig: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members<'a> {
    #[serde(borrow)]
    signatures: Vec<&'a RawValue>,
    #[serde(borrow)]
    signed: &'a RawValue,
}

/// Refuses a document that is not compact JSON with sorted members, whole numbers and signatures in
/// lowercase hex. Nothing may stand beside what is signed.
pub(super) fn exact<'a>(bytes: &'a [u8], document: &str) -> Result<Written<'a>, VerifyError> {
    let malformed = |source| VerifyError::Malformed {
        document: document.to_owned(),
        source,
    };
    if is_crowded(bytes) {
        return Err(malformed(
            "it has more members than its length warrants".into(),
        ));
    }
    compare(bytes).map_err(|e| malformed(e.into()))?;
    let Members { signatures, signed } = object(bytes).map_err(|e| malformed(e.into()))?;
    let signatures = signatures
        .into_iter()
        .map(|signature| object(signature.get().as_bytes()))
        .collect::<serde_json::Result<Vec<Signature>>>()
        .map_err(|e| malformed(e.into()))?;
    let mut digits = signatures
        .iter()
        .flat_map(|signature| signature.sig.bytes());
    if digits.any(|digit| digit.is_ascii_uppercase()) {
        return Err(malformed(
            "a signature is not written in lowercase hex".into(),
        ));
    }
    Ok(Written { signatures, signed })
}

/// Reads an object: a list of its values would be another way to write the same.
fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> serde_json::Result<T> {
    if !json.starts_with(b"{") {
        return Err(serde_json::Error::custom("it is not an object"));
    }
    serde_json::from_slice(json)
}

/// Names to which the JSON library gives a meaning of its own: it reads a text below them as JSON.
const RESERVED: &str = "$serde_json::";

const NOT_COMPACT: &str = "it is not written as compact JSON";

/// True for bytes that would take many times their length in memory once they are parsed, which
/// happens before any signature is looked at. Metadata is mostly keys, digests and signatures in
/// hex: it has one member in some thirty bytes.
fn is_crowded(bytes: &[u8]) -> bool {
    const FEW: usize = 64;
    let members = bytes
        .iter()
        .filter(|byte| matches!(byte, b'{' | b'[' | b','))
        .count();
    members > FEW && members > bytes.len() / 8
}

/// Compares JSON with its one form.
fn compare(json: &[u8]) -> serde_json::Result<()> {
    let mut expected = Expected { rest: json };
    let mut read = serde_json::Deserializer::from_slice(json);
    let whole = Compared {
        before: b"",
        expected: &mut expected,
    };
    whole.deserialize(&mut read)?;
    // Nothing follows it, not even a space.
    expected.end()?;
    read.end()
}

/// What the one form of the document must go on with.
struct Expected<'a> {
    rest: &'a [u8],
}

impl Expected<'_> {
    fn json<E: serde::de::Error>(&mut self, value: impl Serialize) -> Result<(), E> {
        serde_json::to_writer(self, &value).map_err(|_| E::custom(NOT_COMPACT))
    }

    fn end<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(E::custom(NOT_COMPACT))
        }
    }

    fn text<E: serde::de::Error>(&mut self, text: &[u8]) -> Result<(), E> {
        self.write_all(text).map_err(|_| E::custom(NOT_COMPACT))
    }
}

impl Write for Expected<'_> {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        match self.rest.strip_prefix(written) {
            Some(rest) => {
                self.rest = rest;
                Ok(written.len())
            }
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compares a value, and what is written before it, with what is expected.
struct Compared<'e, 'a> {
    before: &'static [u8],
    expected: &'e mut Expected<'a>,
}

impl<'de> DeserializeSeed<'de> for Compared<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        self.expected.text(self.before)?;
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Compared<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without fractions")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.expected.text(b"null")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.expected.json(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.expected.json(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.expected.json(value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.expected.json(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let expected = self.expected;
        expected.text(b"[")?;
        let mut before: &[u8] = b"";
        while items
            .next_element_seed(Compared { before, expected })?
            .is_some()
        {
            before = b",";
        }
        expected.text(b"]")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let expected = self.expected;
        expected.text(b"{")?;
        let mut last: Option<Cow<'de, str>> = None;
        while let Some(Text(name)) = members.next_key()? {
            if last.as_ref().is_some_and(|last| *last >= name) {
                return Err(A::Error::custom("its members are not sorted"));
            }
            if name.starts_with(RESERVED) {
                return Err(A::Error::custom("it has a member with a reserved name"));
            }
            expected.text(if last.is_some() { b"," } else { b"" })?;
            expected.json(&name)?;
            let before = b":";
            members.next_value_seed(Compared { before, expected })?;
            last = Some(name);
        }
        expected.text(b"}")
    }
}

/// A text, copied only where an escape is in it.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn has_fraction(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.is_f64(),
            Value::Array(items) => items.iter().any(has_fraction),
            Value::Object(members) => members.values().any(has_fraction),
            Value::Null | Value::Bool(_) | Value::String(_) => false,
        }
    }

    /// The rule by its meaning: what is read and written again is the same.
    fn is_the_one_form(json: &[u8]) -> bool {
        serde_json::from_slice::<Value>(json)
            .is_ok_and(|value| !has_fraction(&value) && serde_json::to_vec(&value).unwrap() == json)
    }

    fn json() -> impl Strategy<Value = Value> {
        let text = r#"[a-cA-C"\\\n\u{1}/é ]{0,6}"#;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(text, inner, 0..4)
                    .prop_map(|members| Value::from(Map::from_iter(members))),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_one_form_passes_and_every_other_is_refused(
            value in json(),
            place in any::<prop::sample::Index>(),
            altered in prop_oneof![Just(b' '), Just(b','), Just(b'.'), Just(b'\\'), any::<u8>()],
            is_added in any::<bool>(),
        ) {
            let mut bytes = serde_json::to_vec(&value).unwrap();
            prop_assert!(compare(&bytes).is_ok());
            let place = place.index(bytes.len());
            if is_added {
                bytes.insert(place, altered);
            } else {
                bytes[place] = altered;
            }
            prop_assert_eq!(compare(&bytes).is_ok(), is_the_one_form(&bytes));
        }
    }

    #[test]
    fn members_are_sorted_and_named_once_and_numbers_are_whole() {
        for (json, passes) in [
            (r#"{"a":[1,-2,"x\n"],"b":{}}"#, true),
            (r#"{"b":1,"a":1}"#, false),
            (r#"{"a":1,"a":1}"#, false),
            (r#"{"a":1.0}"#, false),
            (r#"{"a":1e2}"#, false),
            (r#"{"a":-0}"#, false),
            (r#"{"a":"\u0061"}"#, false),
            (r#"{"a":"\/"}"#, false),
            ("[1, 2]", false),
            ("[1,2]\n", false),
            ("", false),
        ] {
            assert_eq!(compare(json.as_bytes()).is_ok(), passes, "{json}");
        }
    }

    #[test]
    fn a_document_has_one_form_only() {
        let hidden = r#"{"$serde_json::private::RawValue":"{ \"version\": 1 }"}"#;
        let signature = r#"{"keyid":"ab","sig":"cd"}"#;
        for (document, passes) in [
            (
                format!(r#"{{"signatures":[{signature}],"signed":{{"version":1}}}}"#),
                true,
            ),
            (
                format!(r#"{{"signatures":[{signature}],"signed":{hidden}}}"#),
                false,
            ),
            (
                format!(r#"{{"signatures":[{signature}],"signed":{{"a":{hidden}}}}}"#),
                false,
            ),
            (
                format!(r#"{{"signatures":[{hidden}],"signed":{{}}}}"#),
                false,
            ),
            (hidden.to_owned(), false),
            (format!(r#"[[{signature}],{{"version":1}}]"#), false),
            (
                r#"{"signatures":[["ab","cd"]],"signed":{}}"#.to_owned(),
                false,
            ),
            (
                r#"{"signatures":[["ab","CD"]],"signed":{}}"#.to_owned(),
                false,
            ),
            (
                r#"{"signatures":[{"keyid":"ab","sig":"CD"}],"signed":{}}"#.to_owned(),
                false,
            ),
            (
                r#"{"signatures":[{"keyid":"ab","more":1,"sig":"cd"}],"signed":{}}"#.to_owned(),
                false,
            ),
            (
                r#"{"more":1,"signatures":[],"signed":{}}"#.to_owned(),
                false,
            ),
            (r#"{"signatures":[],"signed":{}}"#.to_owned(), true),
        ] {
            assert_eq!(
                exact(document.as_bytes(), "root").is_ok(),
                passes,
                "{document}"
            );
        }
    }
}
