//! Values that show what a kind of setting takes: for the reference, and for the tests that hold
//! every one of them.

use super::{Kind, Name, Value};

impl Kind {
    /// Every word, both ends of a scale, or a set of each shape; none for a browser's own policy.
    pub(crate) fn examples(self) -> Vec<Value> {
        let names = |sets: &[&[&str]]| {
            let set = |names: &&[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            sets.iter().map(set).map(Value::Names).collect()
        };
        match self {
            Self::Levels(levels) | Self::Choice(levels) => levels
                .iter()
                .map(|level| Value::Level(level.word))
                .collect(),
            Self::Number(scale) => [scale.least, scale.most].map(Value::Number).into(),
            Self::Names(Name::Domain) => {
                names(&[&["skola.example"], &["skola.example", "elev.example"]])
            }
            Self::Names(Name::Origin) => names(&[&["https://meet.example"]]),
            Self::Names(Name::Extension) => names(&[
                &["cjpalhdlnbpafiamejdnhcphjbkeiagm"],
                &["uBlock0@raymondhill.net"],
                &[],
            ]),
            Self::Policy(_) => Vec::new(),
        }
    }
}
