//! Personal devices: what may not be said of them, and what is not enforced there.

use super::{base, finds, finds_in_base, rule};

#[test]
fn a_personal_device_is_not_ruled_over() {
    finds_in_base(
        "FYR0604",
        "units.yaml",
        "vest-2018: { unit: /skoler/vest, start: 2018 }",
        "vest-2018: { unit: /skoler/vest, start: 2018, ownership: personal }",
    );
}

#[test]
fn an_account_rule_for_personal_devices_is_reported_once_for_all_of_it() {
    let set = "set:\n  sign-in.domains: [fyrby.example]\n  sign-in.second-account: closed\n";
    finds(
        "FYR0610",
        &[
            (
                "units.yaml",
                &base(
                    "units.yaml",
                    "groups:\n",
                    "groups:\n  egne: { unit: /skoler/oest, stage: udskoling, ownership: personal }\n  \
                     egne-vest: { unit: /skoler/vest, stage: udskoling, ownership: personal }\n",
                ),
            ),
            (
                "rules/floor.yaml",
                &base(
                    "rules/floor.yaml",
                    "for: /\n",
                    "for: { unit: /, ownership: managed }\n",
                )
                .replace(
                    "for: /skoler\n",
                    "for: { unit: /skoler, ownership: managed }\n",
                ),
            ),
            (
                "rules/proeve.yaml",
                &rule(&format!("for: /skoler\nstrength: default\n{set}")),
            ),
        ],
    );
}
