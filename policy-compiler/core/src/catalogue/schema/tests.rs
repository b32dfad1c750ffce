//! Every enum of both catalogues, however deep, refuses what is outside it.

use serde_json::json;

use super::*;
use crate::catalogue::{self, Support};

/// Deeper, tables that hold themselves would go on for ever.
const DEEPEST: usize = 5;

/// A value that a schema takes.
fn fits(schema: &Schema) -> Value {
    match schema {
        Schema::Boolean => json!(true),
        Schema::Number(bounds) => {
            let bound = bounds.least.or(bounds.most).unwrap_or(0.0);
            // Written without a point where it is whole.
            serde_json::from_str(&bound.to_string()).expect("a number")
        }
        Schema::Text(Format::Free | Format::AddressOrEmpty) => json!(""),
        Schema::Text(Format::Address | Format::Origin) => json!("https://skola.example"),
        Schema::OneOf(values) => values[0].clone(),
        Schema::List(_) => json!([]),
        Schema::Table(table) => Value::Object(required(table)),
        Schema::Any(schemas) => fits(&schemas[0]),
        Schema::Shared(engine, name) => fits(&resolve(*engine, name)),
        Schema::Nothing => Value::Null,
    }
}

fn required(table: &Table) -> Map<String, Value> {
    let required = table.required.iter();
    required
        .map(|name| (name.clone(), fits(&table.members[name])))
        .collect()
}

/// Values that a schema takes except one enum in it, one for each enum.
fn outside_one_enum(schema: &Schema, depth: usize) -> Vec<Value> {
    if depth == DEEPEST {
        return Vec::new();
    }
    let within = |schema: &Schema| outside_one_enum(schema, depth + 1);
    match schema {
        Schema::OneOf(values) => {
            let beyond = values.iter().filter_map(Value::as_i64).max();
            vec![beyond.map_or(json!("sideways"), |greatest| json!(greatest + 1))]
        }
        Schema::List(items) => within(items)
            .into_iter()
            .map(|wrong| json!([wrong]))
            .collect(),
        Schema::Table(table) => {
            let others = table
                .others
                .iter()
                .map(|others| ("x".to_owned(), &**others));
            let members = table
                .members
                .iter()
                .map(|(name, member)| (name.clone(), member));
            members
                .chain(others)
                .flat_map(|(name, member)| {
                    within(member).into_iter().map(move |wrong| {
                        let mut members = required(table);
                        members.insert(name.clone(), wrong);
                        Value::Object(members)
                    })
                })
                .collect()
        }
        Schema::Shared(engine, name) => within(&resolve(*engine, name)),
        // One that another choice takes is not outside.
        Schema::Any(schemas) => {
            let wrong = schemas.iter().flat_map(within);
            wrong
                .filter(|wrong| !schemas.iter().any(|schema| schema.check(wrong).is_ok()))
                .collect()
        }
        Schema::Boolean | Schema::Number(_) | Schema::Text(_) | Schema::Nothing => Vec::new(),
    }
}

#[test]
fn a_value_outside_one_enum_is_refused_however_deep_it_stands() {
    let (mut policies, mut enums) = (0, 0);
    for policy in catalogue::all().filter(|policy| policy.support == Support::Obeyed) {
        let schema = policy.schema();
        let wrong = outside_one_enum(&schema, 0);
        if wrong.is_empty() {
            continue;
        }
        assert_eq!(policy.check(&fits(&schema)), Ok(()), "{}", policy.full_name);
        for wrong in &wrong {
            assert!(
                policy.check(wrong).is_err(),
                "{} takes {wrong}",
                policy.full_name
            );
        }
        policies += 1;
        enums += wrong.len();
    }
    // Chromium alone takes a value outside its enum for 52 of 81 policies without a word.
    assert!(policies > 81 && enums > policies, "{policies} with {enums}");
}

#[test]
fn a_value_of_another_type_is_refused() {
    for policy in catalogue::all().filter(|policy| policy.support == Support::Obeyed) {
        let schema = policy.schema();
        let wrong = [
            json!(null),
            json!(true),
            json!("x"),
            json!(1.5),
            json!([1.5]),
            json!({"\n": 1}),
        ];
        let taken = wrong
            .iter()
            .filter(|wrong| schema.check(wrong).is_ok())
            .count();
        let choices = if let Schema::Any(schemas) = &schema {
            schemas.len()
        } else {
            1
        };
        assert!(taken <= choices, "{} takes {taken}", policy.full_name);
    }
}
