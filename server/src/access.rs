//! Who may see the dashboard, decided once from where the server listens; and the checks on
//! `Host` and `Origin` that keep other web pages out of it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::options::Options;
use crate::problem::Problem;
use crate::router::App;

/// Who may see the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anyone on this machine: the server listens on loopback and no proxy was named.
    Open,
    /// Anyone with an account, through this server's own TLS.
    LoginByTls,
    /// Anyone with an account, through a TLS proxy that answers as this origin.
    LoginByProxy(String),
}

/// Why the server refuses to listen as configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Other machines could read the login and the reports on the wire.
    #[error(
        "`{0}` can be reached from other machines, and nothing protects the connection: give \
         `--tls-cert` and `--tls-key`, or `--behind-proxy ORIGIN`, or listen on 127.0.0.1"
    )]
    Unprotected(SocketAddr),
    /// The proxy's origin is not one.
    #[error("`{0}` is not an origin: write it as `https://fyr.example.dk`, with no path")]
    NotAnOrigin(String),
}

impl Access {
    /// What the options allow.
    pub(crate) fn decide(options: &Options) -> Result<Self, AccessError> {
        if let Some(origin) = &options.behind_proxy {
            return parse_origin(origin).map(Self::LoginByProxy);
        }
        match (options.tls_cert.is_some(), options.listen.ip()) {
            (true, _) => Ok(Self::LoginByTls),
            (false, ip) if ip.is_loopback() => Ok(Self::Open),
            (false, _) => Err(AccessError::Unprotected(options.listen)),
        }
    }

    /// Whether the dashboard asks for a login.
    pub(crate) fn needs_login(&self) -> bool {
        match self {
            Self::Open => false,
            Self::LoginByTls | Self::LoginByProxy(_) => true,
        }
    }

    /// The origin that people reach the server by, where a proxy stands in front of it.
    pub(crate) fn origin(&self) -> Option<&str> {
        match self {
            Self::Open | Self::LoginByTls => None,
            Self::LoginByProxy(origin) => Some(origin),
        }
    }

    fn accepts_host(&self, host: Option<&str>) -> bool {
        match self {
            // A page that rebinds its own name to 127.0.0.1 still sends its own name.
            Self::Open => host.is_some_and(is_this_machine),
            // The session cookie belongs to the right name alone.
            Self::LoginByTls | Self::LoginByProxy(_) => true,
        }
    }

    fn accepts_origin(&self, origin: &str, host: Option<&str>) -> bool {
        let own = |scheme: &str| host.is_some_and(|host| origin == format!("{scheme}://{host}"));
        match self {
            Self::Open => own("http"),
            Self::LoginByTls => own("https"),
            Self::LoginByProxy(expected) => origin == expected,
        }
    }
}

/// An `https` origin without path; a trailing slash is forgiven.
fn parse_origin(text: &str) -> Result<String, AccessError> {
    let wrong = || AccessError::NotAnOrigin(text.to_owned());
    let origin = text.strip_suffix('/').unwrap_or(text);
    let authority = origin.strip_prefix("https://").ok_or_else(wrong)?;
    let parsed: Authority = authority.parse().map_err(|_| wrong())?;
    if parsed.as_str().contains('@') || parsed.host().is_empty() {
        return Err(wrong());
    }
    Ok(origin.to_ascii_lowercase())
}

/// Whether a `Host` header names this machine itself.
fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Refuses requests under another host name, and changes that a page of another site asks for.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(
        &app.access,
        request.method(),
        request.uri().path(),
        request.headers(),
    ) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(access: &Access, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST);
    if !access.accepts_host(host) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong-host",
            "Wrong host",
            "this server answers as `localhost` or a loopback address only",
        ));
    }
    if method.is_safe() {
        return Ok(());
    }
    let allowed = match text(header::ORIGIN) {
        Some(origin) => access.accepts_origin(origin, host),
        // Devices send none and are known by their signature; a browser's form always sends one.
        None => path.starts_with("/api/"),
    };
    if allowed {
        Ok(())
    } else {
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "wrong-origin",
            "Wrong origin",
            "another site asked for this change",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn decide(arguments: &[&str]) -> Result<Access, AccessError> {
        let all = ["fyr-server", "--state", "s", "--repository", "r"];
        Access::decide(&Options::parse_from(all.iter().chain(arguments)))
    }

    #[test]
    fn loopback_is_open_and_every_other_address_needs_protection() {
        assert_eq!(decide(&[]), Ok(Access::Open));
        assert_eq!(decide(&["--listen", "[::1]:0"]), Ok(Access::Open));
        for address in ["0.0.0.0:8470", "[::]:8470", "192.0.2.7:80"] {
            assert!(matches!(
                decide(&["--listen", address]),
                Err(AccessError::Unprotected(_))
            ));
        }
        assert_eq!(
            decide(&["--listen", "0.0.0.0:1", "--tls-cert", "c", "--tls-key", "k"]),
            Ok(Access::LoginByTls)
        );
        assert_eq!(
            decide(&[
                "--listen",
                "0.0.0.0:1",
                "--behind-proxy",
                "https://Fyr.example.dk/"
            ]),
            Ok(Access::LoginByProxy("https://fyr.example.dk".to_owned()))
        );
    }

    #[test]
    fn a_proxy_on_loopback_still_needs_a_login() {
        let access = decide(&["--behind-proxy", "https://fyr.example.dk"]).unwrap();
        assert!(access.needs_login());
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "fyr.example.dk",
            "http://fyr.example.dk",
            "https://",
            "https://a/b",
            "https://u@a",
        ] {
            assert_eq!(
                decide(&["--behind-proxy", text]),
                Err(AccessError::NotAnOrigin(text.to_owned()))
            );
        }
    }

    #[test]
    fn only_names_of_this_machine_pass_on_loopback() {
        for host in [
            "localhost",
            "LOCALHOST:8470",
            "127.0.0.1:1",
            "[::1]:8470",
            "127.8.8.8",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "",
            "192.0.2.1",
            "localhost.evil.example",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[track_caller]
    fn checked(access: &Access, method: &Method, path: &str, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
        }
        check(access, method, path, &map).is_ok()
    }

    #[test]
    fn a_change_asked_for_by_another_site_is_refused() {
        let host = ("host", "127.0.0.1:8470");
        let same = ("origin", "http://127.0.0.1:8470");
        let other = ("origin", "http://evil.example");
        assert!(checked(
            &Access::Open,
            &Method::POST,
            "/login",
            &[host, same]
        ));
        assert!(!checked(
            &Access::Open,
            &Method::POST,
            "/login",
            &[host, other]
        ));
        assert!(!checked(&Access::Open, &Method::POST, "/login", &[host]));
        assert!(checked(
            &Access::Open,
            &Method::POST,
            "/api/v1/enrol",
            &[host]
        ));
        assert!(!checked(
            &Access::Open,
            &Method::POST,
            "/api/v1/enrol",
            &[host, other]
        ));
        let proxy = Access::LoginByProxy("https://fyr.example.dk".to_owned());
        let public = ("origin", "https://fyr.example.dk");
        assert!(checked(&proxy, &Method::POST, "/login", &[host, public]));
        assert!(!checked(&proxy, &Method::POST, "/login", &[host, same]));
    }
}
