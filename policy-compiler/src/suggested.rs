//! A value of the command line that a shell completes from a list, while others are taken too.

use std::ffi::OsStr;
use std::fmt::Display;
use std::str::FromStr;

use clap::builder::{NonEmptyStringValueParser, PossibleValue, TypedValueParser};

/// A value that a shell completes, and what it stands for.
type Completion = (&'static str, &'static str);

/// Parses a value as its type does, and lets a shell complete these.
pub(crate) fn suggested<T>(completions: fn() -> Vec<Completion>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: Display> + Clone + Send + Sync + 'static,
{
    Suggested(completions).try_map(|text| text.parse().map_err(|e: T::Err| e.to_string()))
}

#[derive(Debug, Clone, Copy)]
struct Suggested(fn() -> Vec<Completion>);

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        NonEmptyStringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let completions = (self.0)().into_iter();
        Some(Box::new(
            completions.map(|(value, help)| PossibleValue::new(value).help(help)),
        ))
    }
}
