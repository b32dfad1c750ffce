//! The pages where people get in: the login, and the one-time link that makes an account.

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::account::{Credentials, LoginError, Secret};
use crate::app::App;
use crate::body;
use crate::client::Client;
use crate::dashboard::html;
use crate::limits::Kind;
use crate::problem::Problem;
use crate::session;

#[derive(Template)]
#[template(path = "login.html")]
struct Page {
    title: &'static str,
    login: bool,
    /// The code of the one-time link; none on the ordinary login.
    link: Option<String>,
    trouble: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginForm {
    name: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetupForm {
    link: String,
    name: String,
    password: String,
}

/// What the one-time link's address holds.
#[derive(Deserialize)]
pub(crate) struct Link {
    link: String,
}

/// `GET /login`.
pub(crate) async fn show(State(app): State<App>, jar: CookieJar) -> Result<Response, Problem> {
    if !app.access.needs_login() || session::is_open(&app, &jar).await {
        return Ok(Redirect::to("/").into_response());
    }
    html(&page(None, None))
}

/// `GET /setup?link=…`. The link is checked when the form is sent.
pub(crate) async fn show_setup(Query(link): Query<Link>) -> Result<Response, Problem> {
    html(&page(Some(link.link), None))
}

/// `POST /login`.
pub(crate) async fn log_in(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    jar: CookieJar,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let form: LoginForm = body::form(&headers, body).await?;
    let _place = app.places.wait(Kind::Login, client).await?;
    let credentials = Credentials {
        name: form.name,
        password: form.password,
    };
    match app.desk.log_in(client, credentials).await {
        Ok(secret) => Ok(let_in(jar, &secret)),
        Err(error) => refuse(&page(None, Some(&error)), &error),
    }
}

/// `POST /setup`.
pub(crate) async fn set_up(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    jar: CookieJar,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let form: SetupForm = body::form(&headers, body).await?;
    let _place = app.places.wait(Kind::Login, client).await?;
    let credentials = Credentials {
        name: form.name,
        password: form.password,
    };
    let link = Secret::claimed(&form.link);
    match app.desk.set_up(client, link, credentials).await {
        Ok(secret) => Ok(let_in(jar, &secret)),
        Err(error) => refuse(&page(Some(form.link), Some(&error)), &error),
    }
}

/// `POST /logout`.
pub(crate) async fn log_out(State(app): State<App>, jar: CookieJar) -> Result<Response, Problem> {
    if let Some(secret) = session::claimed(&jar) {
        app.store
            .close_session(secret.digest())
            .await
            .map_err(|error| Problem::store_failed(&error))?;
    }
    let jar = jar.remove(session::cookie(&Secret::claimed("")));
    Ok((jar, Redirect::to("/login")).into_response())
}

fn page(link: Option<String>, trouble: Option<&LoginError>) -> Page {
    Page {
        title: "Log in · Fyr",
        login: false,
        link,
        trouble: trouble.map(ToString::to_string),
    }
}

fn let_in(jar: CookieJar, secret: &Secret) -> Response {
    (jar.add(session::cookie(secret)), Redirect::to("/")).into_response()
}

fn refuse(page: &Page, error: &LoginError) -> Result<Response, Problem> {
    let status = match error {
        LoginError::Wrong | LoginError::LinkUsed => StatusCode::FORBIDDEN,
        LoginError::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        LoginError::Name | LoginError::NameTaken | LoginError::Password => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        LoginError::Busy | LoginError::Failed => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = html(page)?;
    *response.status_mut() = status;
    if let LoginError::TooMany(wait) = error {
        let seconds = HeaderValue::from(wait.as_secs() + 1);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    Ok(response)
}
