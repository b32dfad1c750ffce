//! The hosts that well-known sign-ins and classrooms of the Nordic schools need.
//!
//! Only hosts that a person's browser goes to: browsers' lists filter pages, never the scripts and
//! pictures in them. `fyr.yaml` names the platforms that an organisation uses.

/// A platform, by the name that `fyr.yaml` gives it.
#[derive(Debug, PartialEq, Eq)]
pub struct Platform {
    /// Its name: `google`.
    pub name: &'static str,
    /// Its name as people know it.
    pub title: &'static str,
    /// What it is used for.
    pub purpose: Purpose,
    /// The hosts it needs.
    pub hosts: &'static [&'static str],
    /// Who says so.
    pub source: &'static str,
}

/// What a platform is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// People sign in through it.
    SignIn,
    /// Teaching happens on it.
    Classroom,
}

/// Looks a platform up by name and purpose.
pub fn find(name: &str, purpose: Purpose) -> Option<&'static Platform> {
    of(purpose).find(|platform| platform.name == name)
}

/// Every platform of one purpose.
pub fn of(purpose: Purpose) -> impl Iterator<Item = &'static Platform> {
    PLATFORMS
        .iter()
        .filter(move |platform| platform.purpose == purpose)
}

const PLATFORMS: &[Platform] = &[
    Platform {
        name: "feide",
        title: "Feide",
        purpose: Purpose::SignIn,
        hosts: &["auth.dataporten.no", "idp.feide.no"],
        source: "Sikt, docs.feide.no: obtaining tokens; Feide's own login page",
    },
    Platform {
        name: "google",
        title: "Google Workspace",
        purpose: Purpose::SignIn,
        hosts: &["accounts.google.com"],
        source: "Google, firewall and proxy settings of Gmail and of Drive",
    },
    Platform {
        name: "microsoft",
        title: "Microsoft 365",
        purpose: Purpose::SignIn,
        hosts: &[
            "login.microsoft.com",
            "login.microsoftonline.com",
            "login.windows.net",
        ],
        source: "Microsoft, Microsoft 365 URLs and IP address ranges, id 56",
    },
    Platform {
        name: "skolfederation",
        title: "Skolfederation",
        purpose: Purpose::SignIn,
        hosts: &["ds.skolfederation.se"],
        source: "Internetstiftelsen, the discovery service of Skolfederation",
    },
    Platform {
        name: "skolon",
        title: "Skolon",
        purpose: Purpose::SignIn,
        hosts: &["idp.skolon.com"],
        source: "Skolon, the production address of its OAuth service",
    },
    Platform {
        name: "unilogin",
        title: "Unilogin",
        purpose: Purpose::SignIn,
        hosts: &["broker.unilogin.dk", "idp.unilogin.dk"],
        source: "Styrelsen for It og Læring, viden.stil.dk: OIDC, and Unilogin's own login page",
    },
    Platform {
        name: "aula",
        title: "Aula",
        purpose: Purpose::Classroom,
        hosts: &["login.aula.dk", "www.aula.dk"],
        source: "the addresses that Aula's login begins and ends at",
    },
    Platform {
        name: "google-classroom",
        title: "Google Classroom",
        purpose: Purpose::Classroom,
        hosts: &[
            "classroom.google.com",
            "docs.google.com",
            "drive.google.com",
        ],
        source: "Google, Drive and Sites firewall and proxy settings; Classroom's own address",
    },
    Platform {
        name: "microsoft-teams",
        title: "Microsoft Teams",
        purpose: Purpose::Classroom,
        hosts: &["teams.cloud.microsoft", "teams.microsoft.com"],
        source: "Microsoft, Microsoft 365 URLs and IP address ranges, id 12",
    },
    Platform {
        name: "minuddannelse",
        title: "MinUddannelse",
        purpose: Purpose::Classroom,
        hosts: &["www.minuddannelse.net"],
        source: "the address that MinUddannelse's login leads to",
    },
    Platform {
        name: "skolon",
        title: "Skolon",
        purpose: Purpose::Classroom,
        hosts: &["app.skolon.com"],
        source: "the address of Skolon's collection",
    },
    Platform {
        name: "unikum",
        title: "Unikum",
        purpose: Purpose::Classroom,
        hosts: &["start.unikum.net"],
        source: "the address of Unikum's start page",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url_filter::UrlFilter;

    #[test]
    fn every_platform_is_named_once_for_a_purpose_and_needs_hosts_that_can_be_filtered() {
        for platform in PLATFORMS {
            let found = find(platform.name, platform.purpose).expect(platform.name);
            assert_eq!(found, platform);
            assert!(!platform.hosts.is_empty() && !platform.source.is_empty());
            for host in platform.hosts {
                assert!(host.parse::<UrlFilter>().is_ok(), "{host}");
                assert!(host.parse::<fyr_schemas::HostName>().is_ok(), "{host}");
            }
        }
    }
}
