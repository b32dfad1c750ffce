//! R42: what sees, hears and measures people: camera, microphone, screen, motion, headsets and
//! biometric keys. Each has its exceptions by site, so that "none, except these" is one rule.

use serde_json::json;

use super::{ALLOW_BLOCK, Kind, Lowering, Mechanism, Name, Restriction, Role, Setting, Value};

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "camera.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking for the camera. `camera.sites` names exceptions.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("VideoCaptureAllowed", false),
            firefox: || Mechanism::policy("Permissions", asks_refused("Camera")),
        },
    },
    Setting {
        name: "camera.sites",
        kind: Kind::Names(Name::Origin),
        default: "none is named",
        doc: "Sites that may use the camera without asking.",
        role: Role::Excepts("camera.access"),
        lowering: Lowering::ByValue {
            chromium: |sites| Mechanism::policy("VideoCaptureAllowedUrls", origins(sites)),
            firefox: |sites| {
                Mechanism::policy(
                    "Permissions",
                    json!({"Camera": {"Allow": addresses(sites)}}),
                )
            },
        },
    },
    Setting {
        name: "microphone.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking for the microphone. `microphone.sites` names exceptions.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("AudioCaptureAllowed", false),
            firefox: || Mechanism::policy("Permissions", asks_refused("Microphone")),
        },
    },
    Setting {
        name: "microphone.sites",
        kind: Kind::Names(Name::Origin),
        default: "none is named",
        doc: "Sites that may use the microphone without asking.",
        role: Role::Excepts("microphone.access"),
        lowering: Lowering::ByValue {
            chromium: |sites| Mechanism::policy("AudioCaptureAllowedUrls", origins(sites)),
            firefox: |sites| {
                Mechanism::policy(
                    "Permissions",
                    json!({"Microphone": {"Allow": addresses(sites)}}),
                )
            },
        },
    },
    Setting {
        name: "screen-sharing.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking to see the screen, a window or a tab. `screen-sharing.sites` names \
              exceptions.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("ScreenCaptureAllowed", false),
            firefox: || Mechanism::policy("Permissions", asks_refused("ScreenShare")),
        },
    },
    Setting {
        name: "screen-sharing.sites",
        kind: Kind::Names(Name::Origin),
        default: "none is named",
        doc: "Sites that may ask to see the screen where `screen-sharing.access` is blocked.",
        role: Role::Excepts("screen-sharing.access"),
        lowering: Lowering::ByValue {
            chromium: |sites| Mechanism::policy("ScreenCaptureAllowedByOrigins", origins(sites)),
            firefox: |sites| {
                Mechanism::policy(
                    "Permissions",
                    json!({"ScreenShare": {"Allow": addresses(sites)}}),
                )
            },
        },
    },
    Setting {
        name: "motion-sensors.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites reading how the device is held and moved. `motion-sensors.sites` names \
              exceptions.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("DefaultSensorsSetting", 2),
            firefox: || Mechanism::missing("Firefox has no policy for motion sensors"),
        },
    },
    Setting {
        name: "motion-sensors.sites",
        kind: Kind::Names(Name::Origin),
        default: "none is named",
        doc: "Sites that may read how the device is held and moved.",
        role: Role::Excepts("motion-sensors.access"),
        lowering: Lowering::ByValue {
            chromium: |sites| Mechanism::policy("SensorsAllowedForUrls", origins(sites)),
            firefox: |_| Mechanism::missing("Firefox has no policy for motion sensors"),
        },
    },
    Setting {
        name: "headsets.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking for a headset, which follows eyes, hands and head.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::missing("Chromium has no policy for headsets"),
            firefox: || Mechanism::policy("Permissions", asks_refused("VirtualReality")),
        },
    },
    Setting {
        name: "biometrics.passkeys",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Keeping passkeys in the browser, which a face or a fingerprint may unlock.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || {
                Mechanism::policy("PasswordManagerPasskeysEnabled", false)
                    .partly("Chromium keeps no passkey; a security key of one's own still works")
            },
            firefox: || Mechanism::missing("Firefox has no policy for passkeys"),
        },
    },
    Setting {
        name: "biometrics.picture-search",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Searching by a picture or by a page's content, people's faces among it, which sends \
              it to a search engine.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("SearchContentSharingSettings", 1),
            firefox: || Mechanism::policy("VisualSearchEnabled", false),
        },
    },
];

/// Firefox does not ask, and allows the named sites only.
pub(super) fn asks_refused(permission: &str) -> serde_json::Value {
    json!({permission: {"BlockNewRequests": true, "Locked": true}})
}

fn origins(value: &Value) -> Vec<String> {
    match value {
        Value::Names(names) => names.iter().cloned().collect(),
        Value::Level(_) | Value::Number(_) | Value::Policy(_) => Vec::new(),
    }
}

/// Firefox shows an origin as the address of its root; written so, it shows what was written.
fn addresses(value: &Value) -> Vec<String> {
    let origins = origins(value).into_iter();
    origins.map(|origin| format!("{origin}/")).collect()
}
