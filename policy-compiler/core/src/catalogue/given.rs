//! A value as the source gives it, before a setting types it.
//!
//! The reader of the source keeps every scalar as the text that was written, so that `no`,
//! `off`, `1-3` and `NO` mean what their place says and never what YAML 1.1 guesses.

use std::collections::BTreeMap;

/// A value as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(untagged)]
pub enum Given {
    /// One word, number or line of text.
    Scalar(String),
    /// A list.
    List(Vec<Given>),
    /// A table; only a browser's own policy takes one.
    Table(BTreeMap<String, Given>),
}

impl Given {
    /// The value in one line, cut after 80 characters, to be shown in a message.
    pub fn excerpt(&self) -> String {
        match self {
            Self::Scalar(text) => text.chars().take(80).collect(),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Table(members) => format!("a table of {}", members.len()),
        }
    }
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Self::Scalar(text.to_owned())
    }
}

impl<T: Into<Given>> From<Vec<T>> for Given {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}
