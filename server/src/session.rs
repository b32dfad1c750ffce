//! Lets a request through to the dashboard, or does not: by the session's cookie in a browser, by
//! name and password (HTTP Basic) for a monitoring system.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::access::Access;
use crate::account::{Credentials, Secret};
use crate::problem::Problem;
use crate::router::App;
use crate::store::Actor;

/// The prefix makes browsers refuse the cookie without `Secure`, and for any other path or name.
const COOKIE: &str = "__Host-fyr";

/// The address that a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Asks for a login where the server's access needs one.
pub(crate) async fn require_login(
    State(app): State<App>,
    jar: CookieJar,
    mut request: Request,
    next: Next,
) -> Response {
    if !app.access.needs_login() {
        request.extensions_mut().insert(Actor::this_machine());
        return next.run(request).await;
    }
    if let Some(account) = account(&app, &jar).await {
        request.extensions_mut().insert(Actor::account(&account));
        return next.run(request).await;
    }
    let headers = request.headers();
    if let Some(credentials) = basic(headers) {
        let place = place(&app.access, &request);
        let actor = Actor::account(&credentials.name);
        return match app.desk.check(place, credentials).await {
            Ok(()) => {
                request.extensions_mut().insert(actor);
                next.run(request).await
            }
            Err(error) => unauthorized(&error.to_string()).into_response(),
        };
    }
    if accepts_pages(headers) {
        Redirect::to("/login").into_response()
    } else {
        challenge(unauthorized("log in, or send name and password"))
    }
}

/// Whether the request carries an open session.
pub(crate) async fn is_open(app: &App, jar: &CookieJar) -> bool {
    account(app, jar).await.is_some()
}

/// The account whose open session the request carries.
async fn account(app: &App, jar: &CookieJar) -> Option<String> {
    let secret = claimed(jar)?;
    let account = app
        .store
        .account_of(secret.digest(), Timestamp::now())
        .await;
    account.ok().flatten()
}

/// The session that a request claims to have.
pub(crate) fn claimed(jar: &CookieJar) -> Option<Secret> {
    jar.get(COOKIE)
        .map(|cookie| Secret::claimed(cookie.value()))
}

/// The cookie of a session. It ends with the browser's session, and at the server after
/// [`SESSION`](crate::account::SESSION).
pub(crate) fn cookie(secret: &Secret) -> Cookie<'static> {
    Cookie::build((COOKIE, secret.reveal().to_owned()))
        .path("/")
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .build()
}

/// Where a request comes from, for counting failed logins: the connection's address, or the one
/// that the proxy we were told about adds.
pub(crate) fn place(access: &Access, request: &Request) -> IpAddr {
    let connected = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    match access {
        Access::Open | Access::LoginByTls => connected,
        // Only the last entry is the proxy's own; the others are what the client claims.
        Access::LoginByProxy(_) => request
            .headers()
            .get_all("x-forwarded-for")
            .iter()
            .next_back()
            .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok())
            .unwrap_or(connected),
    }
}

fn basic(headers: &HeaderMap) -> Option<Credentials> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some(Credentials {
        name: name.to_owned(),
        password: password.to_owned(),
    })
}

fn accepts_pages(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "login-needed",
        "Login needed",
        detail,
    )
}

fn challenge(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Basic realm=\"Fyr\", charset=\"UTF-8\""),
    );
    response
}
