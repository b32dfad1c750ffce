//! Envelopes and enrolment tokens: what is signed for one purpose counts for no other.

use fyr_schemas::enrolment::{EnrolmentKeys, EnrolmentToken};
use fyr_schemas::envelope::{Envelope, PayloadType};
use fyr_seal::{SigningKey, sign_envelope};
use fyr_trust::envelope::{self, EnvelopeError};
use fyr_trust::token::{self, ParseTokenError, TokenError};
use proptest::prelude::*;

use fyr_fixtures::{DAY, NEXT_DAY, at, key};

fn report(key: &SigningKey) -> Envelope {
    sign_envelope(PayloadType::Report, b"{\"a\":1}", "hint", key)
}

fn token(key: &SigningKey) -> (Envelope, EnrolmentKeys) {
    let token = EnrolmentToken {
        server: "https://fyr.skole.example".into(),
        root: fyr_trust::digest(b"root"),
        organisation: "ballerup".parse().unwrap(),
        group: "indskoling".parse().unwrap(),
        expires: at(DAY),
        nonce: fyr_seal::nonce().unwrap(),
        devices: 1,
    };
    let payload = serde_json::to_vec(&token).unwrap();
    let keys = EnrolmentKeys {
        organisation: token.organisation,
        keys: vec![key.public_key().hex()],
    };
    let envelope = sign_envelope(PayloadType::EnrolmentToken, &payload, "hint", key);
    (envelope, keys)
}

#[test]
fn a_signed_payload_is_believed_under_its_key() {
    let key = key();
    let payload = envelope::verify(&report(&key), PayloadType::Report, key.public_key().bytes());
    assert_eq!(payload.unwrap(), b"{\"a\":1}");
}

#[test]
fn another_key_did_not_sign_it() {
    let stranger = key().public_key();
    let refused = envelope::verify(&report(&key()), PayloadType::Report, stranger.bytes());
    assert_eq!(refused, Err(EnvelopeError::Signature));
}

#[test]
fn a_signature_over_one_kind_of_document_counts_for_no_other() {
    let key = key();
    let mut renamed = report(&key);
    let public = key.public_key();
    let refused = envelope::verify(&renamed, PayloadType::EnrolmentRequest, public.bytes());
    assert!(matches!(refused, Err(EnvelopeError::WrongType { .. })));
    renamed.payload_type = PayloadType::EnrolmentRequest;
    let refused = envelope::verify(&renamed, PayloadType::EnrolmentRequest, public.bytes());
    assert_eq!(refused, Err(EnvelopeError::Signature));
}

#[test]
fn a_verifier_looks_at_no_more_than_eight_signatures() {
    let key = key();
    let mut many = report(&key);
    let signature = many.signatures[0].clone();
    many.signatures = vec![signature; 9];
    let refused = envelope::verify(&many, PayloadType::Report, key.public_key().bytes());
    assert!(matches!(refused, Err(EnvelopeError::Malformed { .. })));
}

#[test]
fn a_token_survives_being_handed_out_as_one_line() {
    let (envelope, keys) = token(&key());
    let line = token::render(&envelope);
    assert!(line.starts_with("fyr1.") && !line.contains(char::is_whitespace));
    let parsed = token::parse(&format!("  {line}\n")).unwrap();
    assert_eq!(parsed, envelope);
    let token = token::verify(&parsed, &keys, at(DAY)).unwrap();
    assert_eq!(token.group.as_str(), "indskoling");
    assert_eq!(token::dangerous_unverified(&parsed).unwrap(), token);
}

#[test]
fn a_token_that_no_listed_key_signed_is_refused() {
    let (envelope, mut keys) = token(&key());
    keys.keys = vec!["not hex".into(), key().public_key().hex()];
    let refused = token::verify(&envelope, &keys, at(DAY));
    assert!(matches!(refused, Err(TokenError::Signature)), "{refused:?}");
}

#[test]
fn a_token_for_another_group_has_another_signature() {
    let (mut envelope, keys) = token(&key());
    let mut moved = token::dangerous_unverified(&envelope).unwrap();
    moved.group = "personale".parse().unwrap();
    let payload = serde_json::to_vec(&moved).unwrap();
    envelope.payload = sign_envelope(PayloadType::EnrolmentToken, &payload, "", &key()).payload;
    let refused = token::verify(&envelope, &keys, at(DAY));
    assert!(matches!(refused, Err(TokenError::Signature)), "{refused:?}");
}

#[test]
fn an_expired_token_is_refused() {
    let (envelope, keys) = token(&key());
    let refused = token::verify(&envelope, &keys, at(NEXT_DAY));
    assert!(
        matches!(refused, Err(TokenError::Expired { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_token_of_another_organisation_is_refused() {
    let (envelope, mut keys) = token(&key());
    keys.organisation = "malmo".parse().unwrap();
    let refused = token::verify(&envelope, &keys, at(DAY));
    assert!(
        matches!(refused, Err(TokenError::WrongOrganisation { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_report_is_not_a_token() {
    let key = key();
    let (_, keys) = token(&key);
    let refused = token::verify(&report(&key), &keys, at(DAY));
    assert!(
        matches!(refused, Err(TokenError::Envelope(_))),
        "{refused:?}"
    );
}

#[test]
fn half_a_token_is_called_damaged_and_something_else_is_not_a_token() {
    let (envelope, _) = token(&key());
    let line = token::render(&envelope);
    assert!(matches!(
        token::parse(&line[..line.len() - 9]),
        Err(ParseTokenError::Damaged(_))
    ));
    assert!(matches!(
        token::parse("hello"),
        Err(ParseTokenError::Prefix)
    ));
    assert!(matches!(
        token::parse(&"x".repeat(9_999)),
        Err(ParseTokenError::TooLong)
    ));
}

proptest! {
    #[test]
    fn no_text_makes_the_token_parser_panic(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(token::parse(&text).is_err());
        prop_assert!(token::parse(&["fyr1.", &text].concat()).is_err());
        let latin: String = bytes.into_iter().map(char::from).collect();
        prop_assert!(token::parse(&["fyr1.", &latin].concat()).is_err());
    }
}
