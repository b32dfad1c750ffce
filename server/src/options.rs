//! The command line of `fyr-server`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;

/// Serve a policy repository, enrol devices, receive their reports and show the fleet.
///
/// Without further options the server listens on this machine only. It signs no policy. With
/// `--online-keys` it renews the two short-lived roles (snapshot and timestamp) every hour, so that
/// devices accept a policy that has not changed.
#[derive(Debug, Clone, Parser)]
#[command(name = "fyr-server", version, after_help = EXAMPLES)]
pub struct Options {
    /// The directory of the database; created if it is missing, readable by its owner only.
    #[arg(long, value_name = "DIR")]
    pub state: PathBuf,

    /// The repository that `fyr publish` writes; it may be missing or empty at first.
    #[arg(long, value_name = "DIR")]
    pub repository: PathBuf,

    /// The address to listen on; with port 0 the system chooses a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8470")]
    pub listen: SocketAddr,

    /// The certificate chain for TLS (PEM). It is read again when the file changes.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of that certificate (PEM). It is read again when the file changes.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// The addresses of the TLS proxy in front of this server, as this server sees them. What these
    /// addresses say of a client (`X-Forwarded-For`, `X-Forwarded-Proto`, `Forwarded`) is believed.
    #[arg(
        long,
        value_name = "ADDRESS",
        value_delimiter = ',',
        requires = "origin",
        value_parser = parse_proxy
    )]
    pub behind_proxy: Vec<IpAddr>,

    /// The origin that people open in the browser, such as `https://fyr.example.dk`. Required with
    /// `--behind-proxy`.
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,

    /// The directory with the snapshot and timestamp keys, to renew the repository with.
    #[arg(long, value_name = "DIR")]
    pub online_keys: Option<PathBuf>,

    /// The file with the passphrase of those keys, readable by its owner only. Without this option
    /// the systemd credential `fyr-passphrase` is read.
    #[arg(long, value_name = "FILE", requires = "online_keys")]
    pub passphrase_file: Option<PathBuf>,

    /// Renew even if this machine's clock is more than 14 days from the last signature. Without it,
    /// such a clock renews only while the kernel reports that a program keeps it synchronised.
    #[arg(long, requires = "online_keys")]
    pub clock_is_right: bool,

    /// How many days the signed reports of devices are kept. How each control was, and from when
    /// until when, is kept longer.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub keep_reports: u16,

    /// Print a new one-time link for creating an account, even if an account exists.
    #[arg(long)]
    pub account_link: bool,
}

/// One address of a proxy. An origin in its place is answered with the option that it belongs to.
fn parse_proxy(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| {
        if text.contains("://") {
            format!("name the proxy's address, such as 127.0.0.1, and add `--origin {text}`")
        } else {
            "write an IP address, such as 127.0.0.1".to_owned()
        }
    })
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  Try it on this machine, no login:
    fyr-server --state ./state --repository ./repository

  For a municipality, with its own certificate:
    fyr-server --state /var/lib/fyr-server --repository /srv/fyr/repository \\
      --listen 0.0.0.0:443 --origin https://fyr.example.dk \\
      --tls-cert /etc/fyr-server/cert.pem --tls-key /etc/fyr-server/key.pem \\
      --online-keys /etc/fyr-server/online-keys

  For a municipality, behind a TLS proxy on the same machine:
    fyr-server --state /var/lib/fyr-server --repository /srv/fyr/repository \\
      --behind-proxy 127.0.0.1 --origin https://fyr.example.dk \\
      --online-keys /etc/fyr-server/online-keys

  Take a lost device out of the fleet, while the server runs or not:
    fyr-server device revoke 0123456789abcdef0123456789abcdef --state /var/lib/fyr-server

The first line on standard output says where the server listens. The log goes to standard error;
the environment variable RUST_LOG sets its level. `GET /healthz` answers `ok`, or what fails.
SIGTERM stops the server after the open requests are answered.";
