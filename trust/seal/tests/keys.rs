//! Keys at rest: what `openssl` writes is read, what we write hides its content, and nothing
//! that is printed tells a secret.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use fyr_seal::{
    KeyDirectory, KeyDirectoryError, KeyError, KeyName, Passphrase, PublicKey, Role, Signers,
    SigningKey,
};
use pkcs8::der::Encode as _;
use pkcs8::pkcs5::{pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfo, LineEnding};

/// One throw-away key, as `openssl pkcs8 -topk8 -v2 aes-256-cbc` and `-scrypt` write it.
const PBKDF2: &str = include_str!("keys/openssl-pbkdf2.pem");
const SCRYPT: &str = include_str!("keys/openssl-scrypt.pem");
const P256: &str = include_str!("keys/openssl-p256.pem");
/// Its seed and its public half, as `openssl pkey -text` shows them.
const SEED: &str = "f30b3ab16492f66bee6b2339d15f7cdf497e41711dd6c89f9252ff192e2e7d6a";
const PUBLIC: &str = "bff5419c4d56838070e92fe58c66e32a6c57eeea8c3869dbf08f1d07f3d2479d";
const WORDS: &str = "correct horse battery";

fn passphrase() -> Passphrase {
    Passphrase::new(WORDS).unwrap()
}

#[test]
fn a_key_that_openssl_encrypted_is_read() {
    for pem in [PBKDF2, SCRYPT] {
        let key = SigningKey::from_pem(pem, &passphrase()).unwrap();
        assert_eq!(key.public_key().hex(), PUBLIC);
    }
}

#[test]
fn a_key_opens_with_its_passphrase_and_with_no_other() {
    let key = SigningKey::generate().unwrap();
    let pem = key.to_pem(&passphrase()).unwrap();
    let opened = SigningKey::from_pem(&pem, &passphrase()).unwrap();
    assert_eq!(opened.public_key(), key.public_key());
    let other = Passphrase::new("correct horse batterie").unwrap();
    let refused = SigningKey::from_pem(&pem, &other).map(drop);
    assert_eq!(refused, Err(KeyError::WrongPassphrase));
}

#[test]
fn the_same_key_is_encrypted_differently_every_time() {
    let key = SigningKey::generate().unwrap();
    assert_ne!(
        key.to_pem(&passphrase()).unwrap(),
        key.to_pem(&passphrase()).unwrap()
    );
}

#[test]
fn a_public_key_survives_its_file() {
    let key = SigningKey::generate().unwrap().public_key();
    assert_eq!(PublicKey::from_pem(&key.to_pem().unwrap()), Ok(key));
    assert_eq!(
        PublicKey::from_pem(SCRYPT),
        Err(KeyError::NotPem("PUBLIC KEY"))
    );
}

#[test]
fn what_is_no_encrypted_ed25519_key_is_refused() {
    let public = SigningKey::generate().unwrap().public_key();
    for (pem, refusal) in [
        ("", KeyError::NotPem("ENCRYPTED PRIVATE KEY")),
        ("-----BEGIN", KeyError::NotPem("ENCRYPTED PRIVATE KEY")),
        (
            &public.to_pem().unwrap(),
            KeyError::NotPem("ENCRYPTED PRIVATE KEY"),
        ),
        (P256, KeyError::NotEd25519),
    ] {
        let refused = SigningKey::from_pem(pem, &passphrase()).map(drop);
        assert_eq!(refused, Err(refusal), "{pem}");
    }
}

#[test]
fn a_key_file_cannot_ask_for_endless_work() {
    let cost = scrypt::Params::new(30, 8, 1, 32).unwrap();
    let parameters = pbes2::Parameters::scrypt_aes256cbc(cost, &[0; 16], &[0; 16]).unwrap();
    let der = EncryptedPrivateKeyInfo {
        encryption_algorithm: parameters.into(),
        encrypted_data: &[0; 48],
    }
    .to_der()
    .unwrap();
    let pem = pkcs8::Document::try_from(der)
        .unwrap()
        .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
        .unwrap();
    let refused = SigningKey::from_pem(&pem, &passphrase()).map(drop);
    assert_eq!(refused, Err(KeyError::UnsupportedEncryption));
}

#[test]
fn nothing_that_is_printed_tells_a_secret() {
    let directory = tempfile::tempdir().unwrap();
    let keys = KeyDirectory::at(directory.path());
    let open = || SigningKey::from_pem(SCRYPT, &passphrase()).unwrap();
    let name = KeyName::from(Role::Root);
    keys.store(&name, &open(), &passphrase()).unwrap();
    let wrong = Passphrase::new("not the passphrase").unwrap();
    let signers = Signers {
        root: vec![open()],
        ..Signers::default()
    };
    let printed = [
        format!("{:?}", open()),
        format!("{signers:?}"),
        format!("{:?}", passphrase()),
        format!("{:?}", keys.unlock(&name, &wrong)),
        format!("{:?}", keys.store(&name, &open(), &passphrase())),
        format!("{:?}", SigningKey::from_pem(PBKDF2, &wrong)),
    ];
    // The seed is also hidden from anybody who reads the encrypted file.
    let stored = fs::read_to_string(directory.path().join("root.pem")).unwrap();
    let seed_bytes = format!("{:?}", hex::decode(SEED).unwrap());
    for text in printed.iter().chain([&stored]) {
        for secret in [
            SEED,
            seed_bytes.trim_matches(['[', ']']),
            WORDS,
            "not the passphrase",
        ] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn a_stored_key_is_its_owners_alone_and_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let keys = KeyDirectory::at(directory.path().join("keys"));
    let name = KeyName::from(Role::Targets);
    let path = keys
        .store(&name, &SigningKey::generate().unwrap(), &passphrase())
        .unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(keys.path()), 0o700);
    let before = fs::read(&path).unwrap();
    let refused = keys.store(&name, &SigningKey::generate().unwrap(), &passphrase());
    assert!(
        matches!(refused, Err(KeyDirectoryError::Exists(_))),
        "{refused:?}"
    );
    // One half of it is enough to refuse.
    fs::remove_file(&path).unwrap();
    let refused = keys.store(&name, &SigningKey::generate().unwrap(), &passphrase());
    assert!(
        matches!(refused, Err(KeyDirectoryError::Exists(_))),
        "{refused:?}"
    );
    fs::write(&path, before).unwrap();
    keys.unlock(&name, &passphrase()).unwrap();
}

#[test]
fn two_halves_of_different_keys_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let keys = KeyDirectory::at(directory.path());
    let (one, other) = (KeyName::from(Role::Root), "root-anna".parse().unwrap());
    for name in [&one, &other] {
        keys.store(name, &SigningKey::generate().unwrap(), &passphrase())
            .unwrap();
    }
    let half = |name: &str| directory.path().join(name);
    fs::copy(half("root-anna.pub"), half("root.pub")).unwrap();
    let refused = keys.unlock(&one, &passphrase());
    assert!(
        matches!(refused, Err(KeyDirectoryError::Mismatch(_))),
        "{refused:?}"
    );
}

#[test]
fn keys_are_found_by_their_names_and_other_files_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let keys = KeyDirectory::at(directory.path());
    let anna: KeyName = "root-anna".parse().unwrap();
    for name in [
        &KeyName::from(Role::Root),
        &anna,
        &KeyName::from(Role::Snapshot),
    ] {
        keys.store(name, &SigningKey::generate().unwrap(), &passphrase())
            .unwrap();
    }
    fs::write(directory.path().join("notes.pub"), "not a key").unwrap();
    fs::remove_file(directory.path().join("root.pem")).unwrap();
    assert_eq!(keys.public_keys().unwrap().len(), 3);
    assert_eq!(keys.private_keys(Role::Root).unwrap(), [anna]);
}

#[test]
fn a_name_that_could_leave_the_directory_is_no_key_name() {
    for text in [
        "root-../../etc/x",
        "root-",
        "root-A",
        "../root",
        "admin",
        "",
    ] {
        assert!(text.parse::<KeyName>().is_err(), "`{text}` was accepted");
    }
}
