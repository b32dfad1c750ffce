//! The device itself: camera, microphone, place, ports and screens, as sites may use them.

use serde_json::json;

use super::{ALLOW_BLOCK, Kind, Lowering, Means, Name, Setting, Value};

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "camera.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking for the camera. `camera.sites` names exceptions.",
        lowering: Lowering::Switch {
            chromium: || Means::policy("VideoCaptureAllowed", false),
            firefox: || Means::policy("Permissions", asks_refused("Camera")),
        },
    },
    Setting {
        name: "camera.sites",
        kind: Kind::Names(Name::Origin),
        default: "none is named",
        doc: "Sites that may use the camera without asking.",
        lowering: Lowering::ByValue {
            chromium: |sites| Means::policy("VideoCaptureAllowedUrls", origins(sites)),
            firefox: |sites| {
                Means::policy(
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
        lowering: Lowering::Switch {
            chromium: || Means::policy("AudioCaptureAllowed", false),
            firefox: || Means::policy("Permissions", asks_refused("Microphone")),
        },
    },
    Setting {
        name: "microphone.sites",
        kind: Kind::Names(Name::Origin),
        default: "none is named",
        doc: "Sites that may use the microphone without asking.",
        lowering: Lowering::ByValue {
            chromium: |sites| Means::policy("AudioCaptureAllowedUrls", origins(sites)),
            firefox: |sites| {
                Means::policy(
                    "Permissions",
                    json!({"Microphone": {"Allow": addresses(sites)}}),
                )
            },
        },
    },
    Setting {
        name: "location.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking where the device is.",
        lowering: Lowering::Switch {
            chromium: || Means::policy("DefaultGeolocationSetting", 2),
            firefox: || Means::policy("Permissions", asks_refused("Location")),
        },
    },
    Setting {
        name: "usb.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking for a USB device.",
        lowering: Lowering::Switch {
            chromium: || Means::policy("DefaultWebUsbGuardSetting", 2),
            firefox: Means::inherent,
        },
    },
    Setting {
        name: "bluetooth.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking for a Bluetooth device.",
        lowering: Lowering::Switch {
            chromium: || Means::policy("DefaultWebBluetoothGuardSetting", 2),
            firefox: Means::inherent,
        },
    },
    Setting {
        name: "cast.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Showing a tab on another screen in the network.",
        lowering: Lowering::Switch {
            chromium: || Means::policy("EnableMediaRouter", false),
            firefox: Means::inherent,
        },
    },
];

fn asks_refused(permission: &str) -> serde_json::Value {
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
