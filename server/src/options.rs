//! What `fyr-server` is told on its command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// Hosts a policy repository, enrols devices, takes their reports and shows how the fleet stands.
///
/// The server listens on this machine only unless it is told otherwise. It signs no policy; with
/// `--online-keys` it renews the two short-lived roles (snapshot and timestamp) every hour, so that
/// devices keep believing a policy that has not changed.
#[derive(Debug, Clone, Parser)]
#[command(name = "fyr-server", version, after_help = EXAMPLES)]
pub struct Options {
    /// Where the server keeps its database; made when missing, readable by its user alone.
    #[arg(long, value_name = "DIR")]
    pub state: PathBuf,

    /// The repository that `fyr publish` writes; may still be missing or empty.
    #[arg(long, value_name = "DIR")]
    pub repository: PathBuf,

    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8470")]
    pub listen: SocketAddr,

    /// The certificate chain (PEM) to serve TLS with.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The private key (PEM) of that certificate.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// The origin that a TLS proxy in front of this server answers as, such as `https://fyr.example.dk`.
    #[arg(long, value_name = "ORIGIN", conflicts_with = "tls_cert")]
    pub behind_proxy: Option<String>,

    /// The directory with the snapshot and timestamp keys, to renew the repository with.
    #[arg(long, value_name = "DIR")]
    pub online_keys: Option<PathBuf>,

    /// The file with the passphrase of those keys, which its owner alone may read; without it the
    /// systemd credential `fyr-passphrase` is read.
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

    /// Print a new one-time link for making an account, though there is one already.
    #[arg(long)]
    pub account_link: bool,
}

pub(crate) const EXAMPLES: &str = "\
Examples:
  Try it on this machine, no login:
    fyr-server --state ./state --repository ./repository

  For a municipality, behind a proxy that ends TLS:
    fyr-server --state /var/lib/fyr-server --repository /srv/fyr \\
      --listen 127.0.0.1:8470 --behind-proxy https://fyr.example.dk \\
      --online-keys /etc/fyr/online-keys --passphrase-file /etc/fyr/passphrase

  Take a lost device out of the fleet, while the server runs or not:
    fyr-server device revoke 0123456789abcdef0123456789abcdef --state /var/lib/fyr-server

One line on standard output says where it listens; the log goes to standard error (RUST_LOG sets
how much of it). SIGTERM ends it after the open requests are answered.";
