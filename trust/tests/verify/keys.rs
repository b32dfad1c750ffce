//! Which keys a root may name, and how many of them must sign.

use fyr_schemas::report::RefusalReason;
use fyr_seal::SigningKey;
use serde_json::{Value, json};

use fyr_fixtures::{DAY, Shelf, key, refreshed, sign};

/// Writes the first root anew as `change` has it, signed by `signers` under the key ids of the root
/// role, one after the other; devices are enrolled with it.
fn found(shelf: &mut Shelf, signers: &[&SigningKey], change: impl FnOnce(&mut Value)) {
    let path = "metadata/1.root.json";
    let mut document: Value = serde_json::from_slice(&shelf.files[path]).unwrap();
    let mut signed = document["signed"].take();
    change(&mut signed);
    let mut document: Value = serde_json::from_slice(&sign(&signed, signers)).unwrap();
    let ids = signed["roles"]["root"]["keyids"].as_array().unwrap();
    for (signature, id) in document["signatures"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip(ids)
    {
        signature["keyid"] = id.clone();
    }
    let bytes = serde_json::to_vec(&document).unwrap();
    shelf.files.insert(path.to_owned(), bytes);
}

#[track_caller]
fn refused(shelf: &Shelf, reason: RefusalReason) {
    match shelf.device().look(shelf, DAY) {
        Ok(_) => panic!("the root is believed"),
        Err(error) => assert_eq!(error.reason(), reason, "{error}"),
    }
}

/// A PEM `SubjectPublicKeyInfo` (RFC 8410) of a raw Ed25519 key.
fn pem(raw: &[u8; 32]) -> String {
    use base64::Engine as _;
    let mut der = hex::decode("302a300506032b6570032100").unwrap();
    der.extend(raw);
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

/// One key written in two ways: as the seal writes it, and otherwise.
fn other_spellings(key: &SigningKey) -> Vec<(&'static str, Value)> {
    let hex = key.public_key().hex();
    let pem = pem(key.public_key().bytes());
    let spelt = |keytype: &str, public: &str| json!({ "keytype": keytype, "scheme": "ed25519", "keyval": { "public": public } });
    let mut noted = spelt("ed25519", &hex);
    noted["x-holder"] = json!("another");
    noted["keyval"]["x-note"] = json!("another");
    vec![
        ("the same", spelt("ed25519", &hex)),
        ("PEM", spelt("ed25519", &pem)),
        (
            "PEM in one line",
            spelt("ed25519", &pem.replacen('\n', "", 3)),
        ),
        (
            "PEM with other white space",
            spelt("ed25519", &format!("\n{}\t", pem.replace('\n', "\r\n"))),
        ),
        (
            "capital hex digits",
            spelt("ed25519", &hex.to_ascii_uppercase()),
        ),
        (
            "white space around it",
            spelt("ed25519", &format!(" {hex}\n")),
        ),
        ("another key type", spelt("ecdsa", &hex)),
        ("other members", noted),
    ]
}

#[test]
fn duplicate_keys_one_key_in_two_spellings_does_not_satisfy_a_threshold_of_two() {
    for role in ["root", "targets", "snapshot", "timestamp"] {
        let mut shelf = Shelf::published("one", DAY);
        let root = shelf.authority.signers.root.remove(0);
        let own = match role {
            "root" => &root,
            "targets" => &shelf.authority.signers.targets[0],
            "snapshot" => &shelf.authority.signers.snapshot[0],
            _ => &shelf.authority.signers.timestamp[0],
        };
        let (own_id, spellings) = (own.public_key().key_id(), other_spellings(own));
        for (spelling, written) in spellings {
            let signers = if role == "root" {
                vec![&root, &root]
            } else {
                vec![&root]
            };
            let before = shelf.files.clone();
            found(&mut shelf, &signers, |signed| {
                let alias = "f".repeat(64);
                signed["keys"][&alias] = written;
                signed["roles"][role] =
                    json!({ "keyids": [own_id, alias], "threshold": signers.len() });
            });
            let device = shelf.device();
            let reason = match device.look(&shelf, DAY) {
                Ok(_) => panic!("one {role} key counts twice: {spelling}"),
                Err(error) => error.reason(),
            };
            let expected = match spelling {
                "another key type" => RefusalReason::Malformed,
                _ => RefusalReason::Signature,
            };
            assert_eq!(reason, expected, "{role}, {spelling}");
            shelf.files = before;
        }
    }
}

#[test]
fn duplicate_keys_one_key_id_named_twice_counts_once() {
    let mut shelf = Shelf::published("one", DAY);
    let root = shelf.authority.signers.root.remove(0);
    let id = root.public_key().key_id();
    found(&mut shelf, &[&root], |signed| {
        signed["roles"]["root"] = json!({ "keyids": [id, id], "threshold": 2 });
    });
    refused(&shelf, RefusalReason::Signature);
}

#[test]
fn too_few_root_keys_a_device_requires_a_majority_under_any_threshold_that_the_root_names() {
    for (keys, threshold, enough) in [
        (1, 1, true),
        (2, 1, false),
        (2, 2, true),
        (3, 1, false),
        (3, 2, true),
        (4, 2, false),
        (4, 3, true),
        (5, 3, true),
    ] {
        let mut shelf = Shelf::with_root_keys(keys);
        shelf.publish("one", DAY);
        let root = std::mem::take(&mut shelf.authority.signers.root);
        let signers: Vec<&SigningKey> = root.iter().collect();
        found(&mut shelf, &signers, |signed| {
            signed["roles"]["root"]["threshold"] = json!(threshold);
        });
        let looked = shelf.device().look(&shelf, DAY);
        assert_eq!(looked.is_ok(), enough, "{threshold} of {keys}");
        if let Err(error) = looked {
            assert_eq!(error.reason(), RefusalReason::Signature, "{error}");
        }
    }
}

#[test]
fn too_few_root_keys_a_later_root_cannot_lower_the_threshold_below_a_majority() {
    let mut shelf = Shelf::with_root_keys(3);
    shelf.publish("one", DAY);
    let device = refreshed(&shelf, DAY);
    let keys = std::mem::take(&mut shelf.authority.signers.root);
    let root = shelf.files["metadata/1.root.json"].clone();
    shelf.files.insert("metadata/2.root.json".into(), root);
    let signers: Vec<&SigningKey> = keys.iter().collect();
    shelf.forge("metadata/2.root.json", &signers, |signed| {
        signed["version"] = json!(2);
        signed["roles"]["root"]["threshold"] = json!(1);
    });
    let reason = device.look(&shelf, DAY).map(drop).map_err(|e| e.reason());
    assert_eq!(reason, Err(RefusalReason::Signature));
}

#[test]
fn unreadable_keys_a_root_with_a_key_that_nothing_can_verify_with_is_refused() {
    for (keytype, scheme, public) in [
        ("ed25519", "ed25519", "00".repeat(31)),
        ("ed25519", "ed25519", "no key".to_owned()),
        ("rsa", "rsassa-pss-sha256", "00".repeat(32)),
        ("ed25519", "invented-later", "00".repeat(32)),
    ] {
        let mut shelf = Shelf::published("one", DAY);
        let root = shelf.authority.signers.root.remove(0);
        found(&mut shelf, &[&root], |signed| {
            signed["keys"][&"f".repeat(64)] =
                json!({ "keytype": keytype, "scheme": scheme, "keyval": { "public": public } });
        });
        refused(&shelf, RefusalReason::Malformed);
    }
}

#[test]
fn unreadable_keys_a_role_with_a_key_that_the_root_does_not_hold_is_refused() {
    for role in ["root", "targets", "snapshot", "timestamp"] {
        let mut shelf = Shelf::published("one", DAY);
        let root = shelf.authority.signers.root.remove(0);
        found(&mut shelf, &[&root], |signed| {
            let ids = signed["roles"][role]["keyids"].as_array_mut().unwrap();
            ids.push(json!("f".repeat(64)));
        });
        refused(&shelf, RefusalReason::Malformed);
    }
}

#[test]
fn shared_keys_a_key_that_a_server_holds_may_sign_neither_policy_nor_roots() {
    for online in ["snapshot", "timestamp"] {
        for offline in ["root", "targets"] {
            let mut shelf = Shelf::published("one", DAY);
            let root = shelf.authority.signers.root.remove(0);
            found(&mut shelf, &[&root], |signed| {
                let id = signed["roles"][offline]["keyids"][0].clone();
                let ids = signed["roles"][online]["keyids"].as_array_mut().unwrap();
                ids.push(id);
            });
            refused(&shelf, RefusalReason::Signature);
        }
    }
}

#[test]
fn shared_keys_the_two_roles_of_the_server_may_have_one_key() {
    let mut shelf = Shelf::new();
    let shared = key();
    let copy = SigningKey::from_pem(&shared.to_pem(&passphrase()).unwrap(), &passphrase()).unwrap();
    shelf.authority.signers.snapshot = vec![shared];
    shelf.authority.signers.timestamp = vec![copy];
    shelf.publish("one", DAY);
    shelf.device().look(&shelf, DAY).unwrap();
}

fn passphrase() -> fyr_seal::Passphrase {
    fyr_seal::Passphrase::new("en lang adgangssætning").unwrap()
}
