//! One device: its page, and what an administrator does with it there.

use axum::Extension;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use fyr_schemas::DeviceId;

use crate::app::App;
use crate::dashboard::html;
use crate::page::DevicePage;
use crate::problem::Problem;
use crate::store::{Actor, Devices, FleetAction, Order, OrderOutcome};
use crate::words::Calendar;

/// How many past states of a device's controls are shown.
const PAST_STATES: u32 = 200;

/// What the form on the page sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    action: String,
    /// The device in its place, for `replace`.
    #[serde(default)]
    by: String,
    /// That it is meant, for what cannot be undone.
    #[serde(default)]
    sure: String,
}

/// `GET /devices/{device}`.
pub(crate) async fn show(
    State(app): State<App>,
    Path(device): Path<String>,
) -> Result<Response, Problem> {
    page(&app, &device, None).await
}

async fn page(app: &App, device: &str, refused: Option<String>) -> Result<Response, Problem> {
    let device: DeviceId = device.parse().map_err(|_| unknown(device))?;
    let publication = app.publication()?;
    let now = Timestamp::now();
    let failed = |error| Problem::store_failed(&error);
    let mut fleet = app.fleet(&publication, now).await?.fleet;
    let only = [device.clone()];
    let details = app.store.details(Devices::These(&only)).await;
    details.map_err(failed)?.add_to(&mut fleet);
    let past = app.store.past_states(&device, PAST_STATES).await;
    let actions = app.store.actions(Some(&device)).await.map_err(failed)?;
    let calendar = Calendar {
        now,
        zone: TimeZone::system(),
    };
    let page =
        DevicePage::new(&fleet, &device, &calendar).ok_or_else(|| unknown(device.as_str()))?;
    let status = if refused.is_some() {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    let page = page
        .with_history(&past.map_err(failed)?, &actions, &calendar)
        .with_login(app.access.needs_login())
        .with_refusal(refused);
    Ok((status, html(&page)?).into_response())
}

/// `POST /devices/{device}`.
pub(crate) async fn act(
    State(app): State<App>,
    Path(device): Path<String>,
    Extension(actor): Extension<Actor>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let action = match action(&wanted) {
        Ok(action) => action,
        Err(refusal) => return page(&app, &device, Some(refusal)).await,
    };
    let deletes = action == FleetAction::Delete;
    let order = Order {
        device: device.parse().map_err(|_| unknown(&device))?,
        action,
        actor,
        now: Timestamp::now(),
    };
    tracing::info!(device = %order.device, action = order.action.name(), actor = %order.actor, "fleet changed");
    let outcome = app.store.carry_out(order).await;
    match outcome.map_err(|error| Problem::store_failed(&error))? {
        OrderOutcome::Done | OrderOutcome::Unchanged if deletes => {
            Ok(Redirect::to("/#devices").into_response())
        }
        outcome => match outcome.refusal() {
            None => Ok(Redirect::to(&format!("/devices/{device}")).into_response()),
            Some(refusal) => page(&app, &device, Some(refusal)).await,
        },
    }
}

fn action(wanted: &Wanted) -> Result<FleetAction, String> {
    let is_sure = !wanted.sure.is_empty();
    match wanted.action.as_str() {
        "retire" => Ok(FleetAction::Retire),
        "restore" => Ok(FleetAction::Restore),
        "revoke" if is_sure => Ok(FleetAction::Revoke),
        "delete" if is_sure => Ok(FleetAction::Delete),
        "revoke" | "delete" => Err("confirm the action with its box".to_owned()),
        "replace" => match wanted.by.trim().parse() {
            Ok(by) => Ok(FleetAction::Replace { by }),
            Err(_) => Err("give the whole id of the other device, 32 characters".to_owned()),
        },
        _ => Err("choose an action of this page".to_owned()),
    }
}

fn unknown(device: &str) -> Problem {
    let device: String = device.chars().take(32).collect();
    Problem::new(
        StatusCode::NOT_FOUND,
        "unknown-device",
        "Unknown device",
        format!("the device `{device}` is not stored here"),
    )
}
