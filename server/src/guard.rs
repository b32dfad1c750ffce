//! The checks before any handler: which client asks, under which name, over which connection, and
//! on behalf of which page. They keep other web pages and unnamed proxies out.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::Access;
use crate::app::App;
use crate::client::{self, Client, Forwarded, Peer};
use crate::problem::Problem;

/// Where a browser says which page asks; no page can set it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Headers that decide and that a request has once at most.
const ONCE: [HeaderName; 3] = [header::HOST, header::ORIGIN, SEC_FETCH_SITE];

/// Whether a password may travel over the connection that a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// It is encrypted, or does not leave this machine.
    Protected,
    /// Other machines can read it.
    Plain,
    /// A proxy that was not named forwarded it from this address.
    UnnamedProxy(IpAddr),
}

/// What the guard found out about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Visitor {
    client: Client,
    wire: Wire,
}

/// Refuses requests under another name, and changes that another site asks for; notes the client
/// and the wire for what comes after.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<Peer>()
        .copied()
        .unwrap_or(Peer(IpAddr::from([0, 0, 0, 0])));
    match check(&app.access, peer, &request) {
        Ok(Visitor { client, wire }) => {
            request.extensions_mut().insert(client);
            request.extensions_mut().insert(wire);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Refuses a page for people where the connection could be read on its way.
pub(crate) async fn require_protection(request: Request, next: Next) -> Response {
    let wire = request.extensions().get::<Wire>().copied();
    let (slug, detail) = match wire.unwrap_or(Wire::Plain) {
        Wire::Protected => return next.run(request).await,
        Wire::Plain => (
            "unencrypted",
            "the connection is not encrypted; open the https address of this server".to_owned(),
        ),
        Wire::UnnamedProxy(address) => (
            "unnamed-proxy",
            format!(
                "a proxy at {address} forwarded this request, and the server does not know it; \
                 start the server with `--behind-proxy {address}` if it is yours"
            ),
        ),
    };
    Problem::new(StatusCode::FORBIDDEN, slug, "Refused", detail).into_response()
}

fn check<B>(
    access: &Access,
    Peer(peer): Peer,
    request: &axum::http::Request<B>,
) -> Result<Visitor, Problem> {
    let headers = request.headers();
    require_one_name(request)?;
    let host = text(headers, &header::HOST);
    if *access == Access::Open {
        // A page that rebinds its own name to 127.0.0.1 still sends its own name.
        if !host.is_some_and(is_this_machine) {
            return Err(wrong_host());
        }
        // nginx speaks HTTP/1.0 and sends none of these headers unless it is configured.
        if client::is_forwarded(headers) || request.version() < Version::HTTP_11 {
            return Err(through_proxy());
        }
    }
    let is_allowed = request.method().is_safe()
        || may_change(
            text(headers, &SEC_FETCH_SITE),
            text(headers, &header::ORIGIN),
            |origin| is_own(access, origin, host),
            request.uri().path(),
        );
    if !is_allowed {
        return Err(wrong_origin());
    }
    Ok(visitor(access, peer.to_canonical(), headers))
}

/// The client, and the wire by which it came.
fn visitor(access: &Access, peer: IpAddr, headers: &HeaderMap) -> Visitor {
    let Access::LoginByProxy(proxy) = access else {
        let (client, wire) = (peer.into(), Wire::Protected);
        return Visitor { client, wire };
    };
    if proxy.addresses.contains(&peer) {
        let Forwarded { address, encrypted } = client::forwarded(headers, &proxy.addresses);
        return Visitor {
            client: address.unwrap_or(peer).into(),
            wire: match encrypted {
                Some(false) => Wire::Plain,
                Some(true) | None => Wire::Protected,
            },
        };
    }
    let wire = if client::is_forwarded(headers) {
        Wire::UnnamedProxy(peer)
    } else if proxy.own_tls || peer.is_loopback() {
        Wire::Protected
    } else {
        Wire::Plain
    };
    Visitor {
        client: peer.into(),
        wire,
    }
}

/// Whether a request that changes something comes from this server's own pages or from a device.
///
/// Browsers send `Origin: null` with a form where a page's referrer policy hides its address, and
/// also from pages without an origin (`data:`, a sandboxed frame). Only `Sec-Fetch-Site` tells
/// these apart.
fn may_change(
    site: Option<&str>,
    origin: Option<&str>,
    is_own: impl Fn(&str) -> bool,
    path: &str,
) -> bool {
    match (site, origin) {
        (Some("same-origin"), None | Some("null")) => true,
        (Some("same-origin") | None, Some(origin)) => is_own(origin),
        // Devices send neither and are known by their signature; a browser's form sends one.
        (None, None) => path.starts_with("/api/"),
        (Some(_), _) => false,
    }
}

fn is_own(access: &Access, origin: &str, host: Option<&str>) -> bool {
    let at_host = |scheme: &str| {
        host.is_some_and(|host| origin.eq_ignore_ascii_case(&format!("{scheme}://{host}")))
    };
    match access {
        Access::Open => at_host("http"),
        Access::LoginByTls(named) => {
            named.as_deref() == Some(origin) || named.is_none() && at_host("https")
        }
        Access::LoginByProxy(proxy) => origin == proxy.origin,
    }
}

/// Refuses a request that names two hosts, or says twice what may be said once: the proxy and the
/// server might read it differently.
fn require_one_name<B>(request: &axum::http::Request<B>) -> Result<(), Problem> {
    let headers = request.headers();
    let is_repeated = |name| headers.get_all(name).iter().nth(1).is_some();
    let in_target = request.uri().authority().map(Authority::as_str);
    let host = text(headers, &header::HOST);
    let is_other = |target: &str| host.is_none_or(|host| !host.eq_ignore_ascii_case(target));
    if ONCE.iter().any(is_repeated) || in_target.is_some_and(is_other) {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "ambiguous",
            "Ambiguous",
            "the request has more than one `Host`, `Origin` or `Sec-Fetch-Site`",
        ));
    }
    Ok(())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
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

fn wrong_host() -> Problem {
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "wrong-host",
        "Wrong host",
        "this server answers as `localhost` or a loopback address only",
    )
}

fn wrong_origin() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "wrong-origin",
        "Wrong origin",
        "another site asked for this change",
    )
}

fn through_proxy() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "through-proxy",
        "Came through a proxy",
        "without a login, this server answers programs on its own machine only; start it with \
         `--behind-proxy ADDRESS` and `--origin ORIGIN`, and people log in",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Proxy;
    use axum::http::Method;

    const HOST: (&str, &str) = ("host", "127.0.0.1:8470");

    fn proxy() -> Access {
        Access::LoginByProxy(Proxy {
            origin: "https://fyr.example.dk".to_owned(),
            addresses: vec!["10.0.0.1".parse().unwrap()],
            own_tls: false,
        })
    }

    fn request(line: (&Method, &str), headers: &[(&str, &str)]) -> axum::http::Request<()> {
        let builder = axum::http::Request::builder().method(line.0).uri(line.1);
        headers
            .iter()
            .fold(builder, |builder, (name, value)| {
                builder.header(*name, *value)
            })
            .body(())
            .unwrap()
    }

    fn checked(
        access: &Access,
        peer: &str,
        line: (&Method, &str),
        headers: &[(&str, &str)],
    ) -> Result<Visitor, Problem> {
        check(access, Peer(peer.parse().unwrap()), &request(line, headers))
    }

    #[track_caller]
    fn change(access: &Access, path: &str, headers: &[(&str, &str)], expected: bool) {
        let checked = checked(access, "127.0.0.1", (&Method::POST, path), headers);
        assert_eq!(checked.is_ok(), expected, "{path} {headers:?}: {checked:?}");
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

    #[test]
    fn a_change_asked_for_by_another_site_is_refused() {
        let own = ("origin", "http://127.0.0.1:8470");
        let other = ("origin", "http://evil.example");
        let none = ("origin", "null");
        let site = |name| ("sec-fetch-site", name);
        for (headers, expected) in [
            (&[HOST, own][..], true),
            (&[HOST, own, site("same-origin")], true),
            // What a browser sends from a page whose referrer policy hides its address.
            (&[HOST, none, site("same-origin")], true),
            (&[HOST, site("same-origin")], true),
            (&[HOST, other, site("same-origin")], false),
            // A sandboxed frame, a `data:` page.
            (&[HOST, none, site("cross-site")], false),
            (&[HOST, none], false),
            (&[HOST, own, site("cross-site")], false),
            (&[HOST, own, site("same-site")], false),
            (&[HOST, own, site("none")], false),
            (&[HOST, site("cross-site")], false),
            (&[HOST, other], false),
            (&[HOST], false),
        ] {
            change(&Access::Open, "/login", headers, expected);
        }
        change(&Access::Open, "/api/v1/enrol", &[HOST], true);
        change(&Access::Open, "/api/v1/enrol", &[HOST, other], false);
        let crossing = [HOST, site("cross-site")];
        change(&Access::Open, "/api/v1/enrol", &crossing, false);
    }

    #[test]
    fn the_own_origin_is_the_named_one_or_the_one_that_was_asked() {
        let host = ("host", "fyr.example.dk");
        let own = ("origin", "https://fyr.example.dk");
        let named = Access::LoginByTls(Some("https://fyr.example.dk".to_owned()));
        for access in [&Access::LoginByTls(None), &named, &proxy()] {
            change(access, "/login", &[host, own], true);
            change(
                access,
                "/login",
                &[host, ("origin", "https://evil.dk")],
                false,
            );
            change(
                access,
                "/login",
                &[host, ("origin", "http://fyr.example.dk")],
                false,
            );
        }
        let asked = [("host", "10.0.0.9"), ("origin", "https://10.0.0.9")];
        change(&Access::LoginByTls(None), "/login", &asked, true);
        change(&named, "/login", &asked, false);
        change(&proxy(), "/login", &asked, false);
    }

    #[test]
    fn open_access_refuses_what_came_through_a_proxy() {
        let get = (&Method::GET, "/");
        assert!(checked(&Access::Open, "127.0.0.1", get, &[HOST]).is_ok());
        for mark in [
            "forwarded",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
        ] {
            let headers = [HOST, (mark, "192.0.2.1")];
            let refused = checked(&Access::Open, "127.0.0.1", get, &headers);
            assert_eq!(refused, Err(through_proxy()), "{mark}");
        }
        let mut old = request(get, &[HOST]);
        *old.version_mut() = Version::HTTP_10;
        let refused = check(&Access::Open, Peer([127, 0, 0, 1].into()), &old);
        assert_eq!(refused, Err(through_proxy()));
    }

    #[test]
    fn a_request_that_names_two_hosts_is_refused() {
        let get = |target, headers: &[_]| {
            let access = Access::LoginByTls(None);
            checked(&access, "192.0.2.1", (&Method::GET, target), headers).is_ok()
        };
        let (one, other) = (("host", "a.example"), ("host", "b.example"));
        assert!(get("/", &[one]));
        assert!(!get("/", &[one, other]));
        assert!(!get("/", &[one, one]));
        assert!(get("https://a.example/", &[one]));
        assert!(!get("https://b.example/", &[one]));
        assert!(!get("https://b.example/", &[]));
        let origin = ("origin", "https://a.example");
        assert!(!get("/", &[one, origin, origin]));
    }

    #[test]
    fn only_the_named_proxy_says_who_the_client_is() {
        let names = ("x-forwarded-for", "192.0.2.1");
        let get = (&Method::GET, "/");
        for (peer, headers, client, wire) in [
            ("10.0.0.1", &[HOST, names][..], "192.0.2.1", Wire::Protected),
            (
                "::ffff:10.0.0.1",
                &[HOST, names],
                "192.0.2.1",
                Wire::Protected,
            ),
            ("10.0.0.1", &[HOST], "10.0.0.1", Wire::Protected),
            (
                "10.0.0.1",
                &[HOST, names, ("x-forwarded-proto", "http")],
                "192.0.2.1",
                Wire::Plain,
            ),
            (
                "10.0.0.2",
                &[HOST, names],
                "10.0.0.2",
                Wire::UnnamedProxy([10, 0, 0, 2].into()),
            ),
            ("10.0.0.2", &[HOST], "10.0.0.2", Wire::Plain),
            ("127.0.0.1", &[HOST], "127.0.0.1", Wire::Protected),
        ] {
            let client = client.parse::<IpAddr>().unwrap().into();
            let found = checked(&proxy(), peer, get, headers);
            assert_eq!(found, Ok(Visitor { client, wire }), "{peer} {headers:?}");
        }
        let tls = Access::LoginByTls(None);
        let found = checked(&tls, "10.0.0.1", get, &[HOST, names]).unwrap();
        assert_eq!(found.client, IpAddr::from([10, 0, 0, 1]).into());
    }
}
