//! Lets a request through to the dashboard, or does not: by the session's cookie in a browser, by
//! name and password (HTTP Basic) for a monitoring system.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::account::{Credentials, LoginError, Secret};
use crate::app::App;
use crate::client::Client;
use crate::limits::Kind;
use crate::problem::Problem;
use crate::store::Actor;

/// The prefix makes browsers refuse the cookie without `Secure`, and for any other path or name.
const COOKIE: &str = "__Host-fyr";

/// Asks for a login where the server's access needs one.
pub(crate) async fn require_login(
    State(app): State<App>,
    Extension(client): Extension<Client>,
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
        let actor = Actor::account(&credentials.name);
        return match check(&app, client, credentials).await {
            Ok(()) => {
                request.extensions_mut().insert(actor);
                next.run(request).await
            }
            Err(problem) => problem.into_response(),
        };
    }
    if accepts_pages(headers) {
        Redirect::to("/login").into_response()
    } else {
        challenge(unauthorized("log in, or send name and password"))
    }
}

/// Whether the request has the cookie of an open session.
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

/// Checks a name and password that came with a request.
async fn check(app: &App, client: Client, credentials: Credentials) -> Result<(), Problem> {
    let _place = app.places.wait(Kind::Login, client).await?;
    let refused = |error: LoginError| match &error {
        LoginError::TooMany(wait) => {
            let seconds = u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX);
            too_many(&error.to_string()).retry_after(seconds)
        }
        LoginError::Wrong
        | LoginError::LinkUsed
        | LoginError::Name
        | LoginError::NameTaken
        | LoginError::Password
        | LoginError::Busy
        | LoginError::Failed => unauthorized(&error.to_string()),
    };
    app.desk.check(client, credentials).await.map_err(refused)
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

fn too_many(detail: &str) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-attempts",
        "Too many attempts",
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
