//! Who may use the REST API and how: tokens that people sign themselves, sessions, agents with keys
//! of their own, pages of other origins.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod api_tenants;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use poo_core::identity::{Did, Domain, KeyFile, Keypair, Keys};
use poo_tests::harness::{Answer, Caller, Home, Relay, Stage};
use poo_tests::programs;
use serde_json::{Value, json};

const LIST: &str = "Work";
const NOBODY: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
/// Nobody is to be stopped for asking too often here.
const OFTEN: [&str; 2] = ["--api-requests", "1000000"];

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// An answer without what names its request.
fn plain(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    body["requestId"] = Value::Null;
    (answer.status, body)
}

fn keys(home: &Home) -> Keys {
    KeyFile::at(home.path().join("keys")).load().unwrap()
}

fn did(key: &Keypair) -> String {
    Did::from_key(key.public()).to_string()
}

/// Sam with a list, at a relay that may sign for Sam.
fn sam(stage: &Stage, relay: &Relay) -> (Home, String) {
    let sam = stage.person("Sam", relay);
    let made = sam.json(&["list", "create", LIST]);
    sam.ok(&["ticket", "create"]);
    sam.ok(&["sync"]);
    (sam, text(&made["list"]).to_owned())
}

fn now_s() -> i64 {
    #[allow(clippy::disallowed_methods, reason = "the relay asks the clock too")]
    jiff::Timestamp::now().as_second()
}

/// A JSON Web Token.
fn token(key: &Keypair, header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let signature = SigningKey::from_bytes(&key.seed()).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

#[test]
fn a_token_that_somebody_signed_is_good_once_here_and_for_a_while() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay_with("relay", &OFTEN);
    let (sam, list) = sam(&stage, &relay);
    let phone = stage.empty("phone");
    sam.link_device(&phone, "Phone");
    sam.ok(&["sync"]);
    let keys_of_sam = keys(&sam);
    let identity = keys_of_sam.identity.as_ref().unwrap();
    let device = keys(&phone).device;
    let stranger = Keypair::from_seed(&[9; 32]);
    let header = json!({"alg": "EdDSA", "typ": "JWT"});
    let by_device = json!({"alg": "EdDSA", "kid": did(&device)});
    let here = relay.did().to_owned();
    let claims =
        |jti: &str| json!({"iss": sam.did(), "aud": here, "exp": now_s() + 300, "jti": jti});
    let with = |relay: &Relay, token: &str| Caller::with_key(relay, token);
    let first = token(identity, &header, &claims("first"));
    let me = with(&relay, &first).read("me");
    assert_eq!((text(&me["did"]), me.get("key")), (&*sam.did(), None));

    // A device signs as well, and what is written with it is the person's.
    let second = token(&device, &by_device, &claims("second"));
    let task = json!({"list": list, "title": "By token"});
    let made = with(&relay, &second).make("tasks", &task);
    assert_eq!(text(&made["createdBy"]), sam.did());

    let refused = |relay: &Relay, what: &str, token: &str| {
        let answer = with(relay, token).get("lists");
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{what}");
        plain(&answer)
    };
    // Whatever is wrong with one looks the same.
    let replayed = refused(&relay, "replayed", &first);
    let but = |field: &str, value: Value| {
        let mut claims = claims(&format!("other {field} {value}"));
        claims[field] = value;
        token(identity, &header, &claims)
    };
    let good = token(identity, &header, &claims("good"));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[5] ^= 1;
    let other_jti = token(identity, &header, &claims("another"));
    let other_message = other_jti.rsplit_once('.').unwrap().0;
    for (what, token) in [
        (
            "a second time, by a device",
            token(&device, &by_device, &claims("first")),
        ),
        ("expired", but("exp", json!(now_s() - 1))),
        ("too far ahead", but("exp", json!(now_s() + 7_300))),
        ("not yet", but("nbf", json!(now_s() + 600))),
        ("for another relay", but("aud", json!(NOBODY))),
        ("for nobody", but("aud", json!([]))),
        ("by nobody", but("iss", json!("sam"))),
        ("without a name", but("jti", json!(""))),
        (
            "another signature",
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes)),
        ),
        ("another message", format!("{other_message}.{signature}")),
        ("no signature", format!("{message}.")),
        (
            "by a stranger",
            token(&stranger, &header, &claims("stranger")),
        ),
        (
            "by a stranger's device",
            token(
                &stranger,
                &json!({"alg": "EdDSA", "kid": did(&stranger)}),
                &claims("kid"),
            ),
        ),
        (
            "not signed",
            token(identity, &json!({"alg": "none"}), &claims("none")),
        ),
        (
            "as another kind",
            token(identity, &json!({"alg": "HS256"}), &claims("hs")),
        ),
    ] {
        assert_eq!(refused(&relay, what, &token), replayed, "{what}");
    }
    // The one whose parts these were is good all the same.
    assert_eq!(with(&relay, &good).get("lists").status, 200);

    // Nor does one count again after a relay that was killed, or from a device that has ended.
    relay.kill();
    relay.restart();
    refused(&relay, "replayed after a restart", &good);
    sam.ok(&["device", "revoke", "Phone"]);
    sam.ok(&["sync"]);
    let ended = token(&device, &by_device, &claims("ended"));
    refused(&relay, "by a device that has ended", &ended);
}

/// What somebody sends to begin a session.
fn proof(who: &str, device: &Keypair, relay: &str, challenge: &str) -> Value {
    let relay: Did = relay.parse().unwrap();
    let message = [relay.key().as_ref(), challenge.as_bytes()].concat();
    let signature = device.sign(Domain::SIGN_IN, &message);
    json!({
        "did": who,
        "device": did(device),
        "challenge": challenge,
        "signature": URL_SAFE_NO_PAD.encode(signature.as_ref()),
    })
}

#[test]
fn a_person_signs_in_by_a_challenge_for_as_long_as_their_device_is_theirs() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay_with("relay", &OFTEN);
    let (sam, _) = sam(&stage, &relay);
    let phone = stage.empty("phone");
    sam.link_device(&phone, "Phone");
    sam.ok(&["sync"]);
    let (who, laptop, device) = (sam.did(), keys(&sam).device, keys(&phone).device);
    let anybody = Caller::stranger(&relay);
    let challenge = || {
        let asked = anybody.make("auth/challenge", &json!({}));
        assert_eq!(text(&asked["relay"]), relay.did());
        text(&asked["challenge"]).to_owned()
    };
    let here = relay.did().to_owned();
    let begun = challenge();
    let good = proof(&who, &device, &here, &begun);
    let session = anybody.make("auth/session", &good);
    let phones = Caller::with_key(&relay, text(&session["token"]));
    assert_eq!(text(&phones.read("me")["did"]), who);
    assert_eq!(phones.read("lists")["items"][0]["title"], LIST);

    let stranger = Keypair::from_seed(&[9; 32]);
    let mut answers = Vec::new();
    for (what, wrong) in [
        ("a challenge counts once", good.clone()),
        (
            "it is for this relay",
            proof(&who, &device, NOBODY, &challenge()),
        ),
        (
            "it is the relay's own",
            proof(&who, &device, &here, "bm9uZQ"),
        ),
        (
            "of this start",
            proof(&who, &device, &here, &begun.replace('A', "B")),
        ),
        ("another signed it", {
            let mut wrong = proof(&who, &stranger, &here, &challenge());
            wrong["device"] = json!(did(&device));
            wrong
        }),
    ] {
        let answer = anybody.post("auth/session", &wrong);
        assert_eq!(answer.status, 401, "{what}: {answer:?}");
        answers.push(plain(&answer));
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    let foreign = proof(&who, &stranger, &here, &challenge());
    assert_eq!(anybody.post("auth/session", &foreign).status, 401);
    for (field, value) in [("signature", "x"), ("did", "Sam"), ("device", "phone")] {
        let mut wrong = proof(&who, &device, &here, &challenge());
        wrong[field] = json!(value);
        let (status, code, named) = anybody.post("auth/session", &wrong).fault();
        assert_eq!((status, &*code, &*named), (400, "invalid", field));
    }

    // Whoever signs out is out, and no other session with them.
    let session = anybody.make("auth/session", &proof(&who, &laptop, &here, &challenge()));
    let laptops = Caller::with_key(&relay, text(&session["token"]));
    let again = anybody.make("auth/session", &proof(&who, &laptop, &here, &challenge()));
    let again = Caller::with_key(&relay, text(&again["token"]));
    assert_eq!(laptops.delete("auth/session").status, 204);
    assert_eq!(laptops.get("me").status, 401);
    // A restart ends none; a device that is ended ends its own.
    relay.terminate();
    relay.restart();
    assert_eq!(
        (again.get("me").status, phones.get("me").status),
        (200, 200)
    );
    sam.ok(&["device", "revoke", "Phone"]);
    sam.ok(&["sync"]);
    assert_eq!(
        (again.get("me").status, phones.get("me").status),
        (200, 401)
    );
}

#[test]
fn an_agent_with_a_key_of_its_own_syncs_and_calls() {
    let stage = Stage::new(programs!());
    let relay = stage.relay_with("relay", &OFTEN);
    let (sam, list) = sam(&stage, &relay);
    let robo = stage.empty("robo");
    robo.ok(&[
        "init",
        "--name",
        "Robo",
        "--relay",
        relay.url(),
        "--agent",
        "--owner",
        &sam.did(),
    ]);
    robo.ok(&["sync"]);
    let own_key = ["agent", "connect", "Robo", "--list", LIST, "--own-key"];
    let made = sam.json(&[&own_key[..], &[&robo.did()]].concat());
    assert_eq!(made["key"], Value::Null);
    assert_eq!(text(&made["agent"]), robo.did());
    robo.ok(&["sync"]);
    robo.task(LIST, "Signed", &[]);
    robo.ok(&["sync"]);

    // Over HTTP its token proves who it is, and the relay signs what it writes.
    let key = keys(&robo).identity.unwrap();
    let claims = json!({
        "iss": robo.did(), "aud": relay.did(), "exp": now_s() + 60, "jti": "1"
    });
    let caller = Caller::with_key(&relay, &token(&key, &json!({"alg": "EdDSA"}), &claims));
    let task = json!({"list": list, "title": "Witnessed"});
    assert_eq!(text(&caller.make("tasks", &task)["createdBy"]), robo.did());
    sam.ok(&["sync"]);
    let mut titles = sam.titles(LIST);
    titles.sort();
    assert_eq!(titles, ["Signed", "Witnessed"]);
    let report = sam.json(&["verify", LIST]);
    assert_eq!(report["ok"], true, "{report}");
    let authors = report["authors"].as_array().unwrap().iter();
    let mut via: Vec<&str> = authors
        .filter(|author| text(&author["did"]) == robo.did())
        .map(|author| text(&author["via"]))
        .collect();
    via.sort_unstable();
    assert_eq!(via, ["signed", "witnessed"]);
}

#[test]
fn pages_of_other_origins_may_call_where_they_are_let() {
    let stage = Stage::new(programs!());
    let origin = "https://app.example.org";
    let ask = |relay: &Relay, from: &str| {
        let headers = [
            ("Origin", from),
            ("Access-Control-Request-Method", "PATCH"),
            (
                "Access-Control-Request-Headers",
                "authorization,idempotency-key",
            ),
        ];
        let caller = Caller::stranger(relay);
        let before = caller.send("OPTIONS", "tasks/abcdef", &headers, "");
        let after = caller.send("GET", "me", &headers[..1], "");
        (before, after)
    };
    let allowed = |answer: &Answer| {
        let allowed = answer.header("access-control-allow-origin");
        allowed.map(str::to_owned)
    };
    let silent = stage.relay("silent");
    let (before, after) = ask(&silent, origin);
    assert_eq!((allowed(&before), allowed(&after)), (None, None));

    let some = stage.relay_with("some", &["--api-origins", origin]);
    let (before, after) = ask(&some, origin);
    assert_eq!(before.status, 200, "{before:?}");
    assert_eq!(
        (allowed(&before), allowed(&after)),
        (Some(origin.into()), Some(origin.into()))
    );
    let methods = before.header("access-control-allow-methods").unwrap();
    assert!(methods.contains("PATCH"), "{methods}");
    // The wildcard does not stand for `Authorization`, which has to be named.
    let headers = before.header("access-control-allow-headers").unwrap();
    for name in [
        "authorization",
        "idempotency-key",
        "if-match",
        "content-type",
    ] {
        assert!(headers.contains(name), "{name} in {headers}");
    }
    assert_eq!(after.status, 401);
    assert!(after.header("access-control-expose-headers").is_some());
    let (before, after) = ask(&some, "https://elsewhere.example.org");
    assert_eq!((allowed(&before), allowed(&after)), (None, None));

    let all = stage.relay_with("all", &["--api-origins", "*"]);
    let (before, after) = ask(&all, origin);
    assert_eq!(
        (allowed(&before), allowed(&after)),
        (Some("*".into()), Some("*".into()))
    );
    // Cookies are none of its business.
    assert_eq!(before.header("access-control-allow-credentials"), None);
}

#[test]
fn answers_are_compressed_for_who_takes_that() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let fetch = |path: &str, encoding: &str| {
        let mut stream = TcpStream::connect(relay.address()).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\
             Accept-Encoding: {encoding}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        (head.to_lowercase(), unchunked(&answer[end..], &head))
    };
    let (head, whole) = fetch("/openapi.json", "identity");
    assert!(!head.contains("content-encoding"), "{head}");
    let (head, packed) = fetch("/openapi.json", "gzip");
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(head.contains("vary: accept-encoding"), "{head}");
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::GzDecoder::new(&packed[..]);
    reader.read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, whole);
    assert!(
        packed.len() * 4 < whole.len(),
        "{} of {}",
        packed.len(),
        whole.len()
    );
    let (head, packed) = fetch("/openapi.json", "zstd, gzip;q=0.5");
    assert!(head.contains("content-encoding: zstd"), "{head}");
    assert_eq!(packed[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    // A problem too, which is no success.
    let (head, _) = fetch("/api/v1/tasks", "gzip");
    assert!(head.starts_with("http/1.1 401"), "{head}");
    assert!(
        head.contains("content-type: application/problem+json"),
        "{head}"
    );
}

/// A body without the lengths of its chunks.
fn unchunked(body: &[u8], head: &str) -> Vec<u8> {
    if !head.to_lowercase().contains("transfer-encoding: chunked") {
        return body.to_vec();
    }
    let mut rest = body;
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|it| it == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}
