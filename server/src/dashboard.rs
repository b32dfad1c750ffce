//! Shows the fleet: as one page for people, as JSON for programs.

use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use fyr_schemas::fleet::Fleet;

use crate::app::App;
use crate::page::{Dashboard, Filter, Unavailable, Waiting};
use crate::problem::Problem;
use crate::store::Devices;
use crate::words::{self, Calendar};

/// The filter as the address holds it; what names nothing filters nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    group: String,
    state: String,
}

/// `GET /`.
pub(crate) async fn show(
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let login = app.access.needs_login();
    let trouble = app.store.trouble().map(|trouble| trouble.kind.words());
    let Ok(publication) = app.publication() else {
        let page = Waiting {
            title: "Waiting · Fyr".to_owned(),
            login,
            trouble,
            repository: app.repository.display().to_string(),
            renewal_failure: renewal_failure(&app),
        };
        return html(&page);
    };
    let now = Timestamp::now();
    let filter = Filter {
        group: asked.group.parse().ok(),
        state: words::parse_state(&asked.state),
    };
    let summary = match (app.fleet(&publication, now).await, trouble) {
        (Ok(mut summary), _) => {
            let shown = filter.shown(&summary.fleet);
            let details = app.store.details(Devices::These(&shown)).await;
            let details = details.map_err(|error| Problem::store_failed(&error))?;
            details.add_to(&mut summary.fleet);
            summary
        }
        (Err(_), Some(trouble)) => {
            let page = Unavailable {
                title: format!("{} · Fyr", publication.organisation),
                login,
                trouble,
            };
            return Ok((StatusCode::SERVICE_UNAVAILABLE, html(&page)?).into_response());
        }
        (Err(problem), None) => return Err(problem),
    };
    let calendar = Calendar {
        now,
        zone: TimeZone::system(),
    };
    let page = Dashboard::new(&summary, &publication, &filter, &calendar)
        .with_login(login)
        .with_trouble(trouble)
        .with_renewal_failure(renewal_failure(&app));
    html(&page)
}

/// Why this server cannot renew, for people.
fn renewal_failure(app: &App) -> Option<String> {
    let renewal = app.renewal.borrow();
    let (since, reason) = renewal.failure()?;
    Some(format!(
        "since {}: {reason}",
        since.strftime("%Y-%m-%d %H:%M UTC")
    ))
}

/// `GET /api/v1/fleet`.
pub(crate) async fn fleet(State(app): State<App>) -> Result<(HeaderPair, Json<Fleet>), Problem> {
    let publication = app.publication()?;
    let mut fleet = app.fleet(&publication, Timestamp::now()).await?.fleet;
    let details = app.store.details(Devices::All).await;
    let details = details.map_err(|error| Problem::store_failed(&error))?;
    details.add_to(&mut fleet);
    Ok((NOT_KEPT, Json(fleet)))
}

type HeaderPair = [(header::HeaderName, &'static str); 1];

/// Pages and answers that hold the fleet are kept by no cache.
const NOT_KEPT: HeaderPair = [(header::CACHE_CONTROL, "no-store")];

/// A page, answered as one.
pub(crate) fn html(page: &impl Template) -> Result<Response, Problem> {
    match page.render() {
        Ok(text) => Ok((NOT_KEPT, Html(text)).into_response()),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "page not rendered"
            );
            Err(Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "page-failed",
                "Page failed",
                "the page cannot be shown; the server's log says why",
            ))
        }
    }
}
