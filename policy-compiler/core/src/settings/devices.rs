//! The device itself: its place, its ports and other screens, as sites may use them.

use super::senses::asks_refused;
use super::{ALLOW_BLOCK, Lowering, Mechanism, Restriction, Role, Setting};

pub(super) const ROWS: &[Setting] = &[
    Setting {
        name: "location.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking where the device is.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("DefaultGeolocationSetting", 2),
            firefox: || Mechanism::policy("Permissions", asks_refused("Location")),
        },
    },
    Setting {
        name: "usb.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking for a USB device.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("DefaultWebUsbGuardSetting", 2),
            firefox: Mechanism::inherent,
        },
    },
    Setting {
        name: "bluetooth.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Sites asking for a Bluetooth device.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("DefaultWebBluetoothGuardSetting", 2),
            firefox: Mechanism::inherent,
        },
    },
    Setting {
        name: "cast.access",
        kind: ALLOW_BLOCK,
        default: "allow",
        doc: "Showing a tab on another screen in the network.",
        role: Role::Restricts(Restriction::Device),
        lowering: Lowering::Switch {
            chromium: || Mechanism::policy("EnableMediaRouter", false),
            firefox: Mechanism::inherent,
        },
    },
];
