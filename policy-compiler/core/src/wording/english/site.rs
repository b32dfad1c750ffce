//! Words about sites as they are written.

use super::{Said, filter};
use crate::finding::{Site, SiteFault};
use crate::letters;

pub(super) fn words(found: &Site) -> Said {
    match found {
        Site::Wrong { site, fault } => wrong(site, fault),
        Site::Ending { site, name } => Said::new(
            format!("`{site}` matches every site whose name ends in `.{name}`"),
            format!(
                "write the whole name of the site; for all of these sites, write `{name}.` with a \
                 final point"
            ),
        ),
        Site::OneWord { site, name, host } => Said::new(
            format!("`{site}` is a single word and no name on the internet"),
            format!(
                "write the whole name, such as `{host}.dk`; for a host of your own network, write \
                 `{name}.` with a final point"
            ),
        ),
    }
}

fn wrong(site: &str, fault: &SiteFault) -> Said {
    match fault {
        SiteFault::Filter { error, meant } => {
            Said::new(filter::error(error), filter::help(error, meant.as_deref()))
        }
        SiteFault::Typographic { letter, meant } => Said::new(
            format!(
                "no name on the internet contains {}",
                letters::named(*letter)
            ),
            match meant {
                Some(meant) => format!("write `{meant}`"),
                None => "write the name with your keyboard".to_owned(),
            },
        ),
        SiteFault::Several { sites } => Said::new(
            format!("`{site}` is more than one site"),
            format!("write `[{}]`", sites.join(", ")),
        ),
        SiteFault::MisspeltWord { meant } => Said::new(
            format!("`{site}` is not a site"),
            format!("write `{meant}`"),
        ),
        SiteFault::UnknownScheme { scheme, rest } => Said::new(
            format!("`{site}` begins with an unknown scheme"),
            format!("write `{scheme}://{rest}`, or `{rest}` for every scheme"),
        ),
        SiteFault::NoColon { scheme, rest } => Said::new(
            format!("`{site}` lacks the colon after `{scheme}`"),
            format!("write `{rest}`: it matches with every scheme"),
        ),
        SiteFault::AddressRange { length, address } => Said::new(
            format!("`/{length}` is read as a path: browsers support no ranges of addresses"),
            format!("write `{address}`, and every other address on its own"),
        ),
        SiteFault::NoBrackets { address } => Said::new(
            format!("address `{site}` lacks its brackets"),
            format!("write `[{address}]`"),
        ),
        SiteFault::NoHost => Said::new(
            format!("`{site}` has no host"),
            "write a host such as `x.example`, or a host and path: `x.example/path`",
        ),
        SiteFault::StrayHyphen { host, meant } => Said::new(
            format!("`{host}` is not a host: no part of it begins or ends with `-`"),
            format!("write `{meant}`"),
        ),
    }
}
