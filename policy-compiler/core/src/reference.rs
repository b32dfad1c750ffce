//! Pages of the reference as Markdown: what can be written in a policy, and what it does.

mod language;
mod settings;

pub use self::language::language;
pub use self::settings::settings;
