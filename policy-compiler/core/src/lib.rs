//! From policy source to what each group's devices enforce. Pure: no I/O, no signing.

pub mod catalogue;
pub mod desired;
pub mod settings;
pub mod target;
pub mod url_filter;
