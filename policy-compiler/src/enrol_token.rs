//! `fyr enrol-token`: writes the one line with which devices join a group.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use fyr_policy_core::meant::Meant;
use fyr_schemas::GroupId;
use fyr_schemas::enrolment::EnrolmentToken;
use fyr_schemas::envelope::PayloadType;
use fyr_seal::{
    Expected, KeyDirectory, KeyDirectoryError, KeyError, Pin, PinError, Published, Repository,
    RepositoryError, Role, SigningKey, nonce, sign_envelope,
};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::passphrase::{AskError, PassphraseArgs};
use crate::unknown::with_help;

/// Write the line with which devices join a group
///
/// Paste it after `fyr-agent enrol` on the device. It is a secret until it expires: whoever
/// holds it can let a device in.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 written, 1 no such group or key, or the repository cannot be read, 2 wrong usage.

Example:
  fyr enrol-token --repository /srv/fyr --keys keys --server https://fyr.skole.example \\
      --group skovlunde-2031 --devices 30 --expires 7d"
)]
pub(crate) struct EnrolTokenArgs {
    /// The repository that the group is published in
    #[arg(long, value_name = "DIR")]
    repository: PathBuf,
    /// The directory of the keys
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Where devices reach the server: `https://HOST`, or `http://` on this machine
    #[arg(long, value_name = "URL")]
    server: ServerUrl,
    /// The group that the devices join
    #[arg(long)]
    group: GroupId,
    /// How many devices may join with it
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    devices: u32,
    /// How long it can be used: 30min, 12h, 7d
    #[arg(long, value_name = "TIME", default_value = "7d")]
    expires: Lifetime,
}

/// A server's base URL, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ServerUrl(String);

/// How long a token can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lifetime(SignedDuration);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolTokenError {
    /// What the keys know of their repository could not be read.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The repository could not be read.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// No such group.
    #[error(
        "{}",
        with_help(
            &format_args!("no group `{group}` is published in the repository"),
            Some(meant)
        )
    )]
    UnknownGroup {
        /// What was asked for.
        group: GroupId,
        /// What was probably meant.
        meant: Meant,
    },
    /// No key at hand is listed.
    #[error("no enrolment key in `{0}` is published: run `fyr publish` with these keys first")]
    NotPublished(PathBuf),
    /// A key is missing or does not open.
    #[error(transparent)]
    Keys(#[from] KeyDirectoryError),
    /// There is no passphrase for the key.
    #[error(transparent)]
    Passphrase(#[from] AskError),
    /// There is no nonce.
    #[error("draw a nonce")]
    Nonce(#[source] KeyError),
    /// It would expire beyond the calendar.
    #[error("the token would expire beyond the calendar")]
    Calendar(#[source] jiff::Error),
    /// The token cannot be written.
    #[error("write the token")]
    Json(#[source] serde_json::Error),
}

/// Runs `fyr enrol-token`: the token alone goes to standard output.
pub(crate) fn run(args: &EnrolTokenArgs) -> Result<ExitCode, EnrolTokenError> {
    let keys = KeyDirectory::at(&args.keys);
    let expected = Pin::beside(&keys)?.map_or(Expected::Nothing, Expected::Pinned);
    let published = Repository::at(&args.repository)
        .expecting(expected)
        .published()?
        .ok_or_else(|| RepositoryError::NothingPublished(args.repository.clone()))?;
    let groups = published.bundles();
    if !groups.contains_key(&args.group) {
        return Err(EnrolTokenError::UnknownGroup {
            group: args.group.clone(),
            meant: Meant::among(args.group.as_str(), groups.keys().map(GroupId::as_str)),
        });
    }
    let key = enrolment_key(args, &keys, &published)?;
    let token = EnrolmentToken {
        server: args.server.0.clone(),
        root: published.first_root().clone(),
        organisation: published.enrolment_keys().organisation.clone(),
        group: args.group.clone(),
        expires: Timestamp::now()
            .checked_add(args.expires.0)
            .map_err(EnrolTokenError::Calendar)?,
        nonce: nonce().map_err(EnrolTokenError::Nonce)?,
        devices: args.devices,
    };
    let payload = serde_json::to_vec(&token).map_err(EnrolTokenError::Json)?;
    let keyid = key.public_key().key_id();
    let envelope = sign_envelope(PayloadType::EnrolmentToken, &payload, &keyid, &key);
    // A reader that went away has not got the token, and nothing was spent: make another.
    let _unread = writeln!(io::stdout(), "{}", fyr_trust::token::render(&envelope));
    Ok(ExitCode::SUCCESS)
}

/// The first enrolment key at hand that devices and server will find in the repository.
fn enrolment_key(
    args: &EnrolTokenArgs,
    keys: &KeyDirectory,
    published: &Published,
) -> Result<SigningKey, EnrolTokenError> {
    let at_hand = keys.private_keys(Role::Enrolment)?;
    let listed = keys
        .public_keys()?
        .into_iter()
        .filter(|(_, key)| published.enrolment_keys().keys.contains(&key.hex()))
        .map(|(name, _)| name)
        .find(|name| at_hand.contains(name))
        .ok_or_else(|| EnrolTokenError::NotPublished(args.keys.clone()))?;
    let passphrase = args
        .passphrase
        .source()?
        .existing(&format!("the key {listed}"))?;
    Ok(keys.unlock(&listed, &passphrase)?)
}

impl FromStr for ServerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim_end_matches('/');
        let plain = text.strip_prefix("http://");
        let host_and_port = text
            .strip_prefix("https://")
            .or(plain)
            .ok_or("it starts with `https://`, or with `http://` on this machine")?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
        if host_and_port.is_empty() || !host_and_port.bytes().all(allowed) {
            return Err("it is a host with an optional port, and nothing behind it".to_owned());
        }
        let local = ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
            host_and_port
                .strip_prefix(host)
                .is_some_and(|port| port.is_empty() || port.starts_with(':'))
        });
        if plain.is_some() && !local {
            return Err("another machine is reached by `https://` only".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span: Span = text
            .parse()
            .map_err(|_| "write it as `30min`, `12h` or `7d`".to_owned())?;
        let duration = span
            .to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(|_| "write it in minutes, hours or days".to_owned())?;
        let shortest = SignedDuration::from_mins(1);
        let longest = SignedDuration::from_hours(366 * 24);
        if (shortest..=longest).contains(&duration) {
            Ok(Self(duration))
        } else {
            Err("a token can be used for a minute at least and a year at most".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_another_machine_needs_tls() {
        for (text, expected) in [
            (
                "https://fyr.skole.example/",
                Some("https://fyr.skole.example"),
            ),
            (
                "https://fyr.skole.example:8443",
                Some("https://fyr.skole.example:8443"),
            ),
            ("http://127.0.0.1:8470", Some("http://127.0.0.1:8470")),
            ("http://[::1]:8470", Some("http://[::1]:8470")),
            ("http://localhost", Some("http://localhost")),
            ("http://fyr.skole.example", None),
            ("http://127.0.0.1.evil.example", None),
            ("https://", None),
            ("https://host/path", None),
            ("ftp://host", None),
            ("host", None),
        ] {
            let read: Result<ServerUrl, String> = text.parse();
            assert_eq!(read.ok().map(|url| url.0).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_lifetime_is_between_nothing_and_a_year() {
        for (text, hours) in [
            ("7d", Some(168)),
            ("12h", Some(12)),
            ("1w", Some(168)),
            ("0h", None),
            ("-1h", None),
            ("367d", None),
            ("1mo", None),
            ("soon", None),
        ] {
            let read: Result<Lifetime, String> = text.parse();
            let expected = hours.map(SignedDuration::from_hours);
            assert_eq!(read.ok().map(|lifetime| lifetime.0), expected, "{text}");
        }
    }
}
