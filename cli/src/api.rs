//! The relay's REST API, as the person of this home: signed in for as long as a command runs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poo_core::identity::{Did, Domain};
use poo_core::replica::Replica;
use serde_json::{Value, json};

use crate::problem::Problem;

/// The longest answer worth reading, in bytes.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// How long the relay may take to answer.
const PATIENCE: core::time::Duration = core::time::Duration::from_secs(60);

/// A session with the relay's API.
pub(crate) struct Api {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

impl Api {
    /// Signs in with this device's key. The relay has to be known: nobody else gets a signature that
    /// is any good there.
    pub(crate) fn sign_in(replica: &Replica) -> Result<Self, Problem> {
        let url = replica.relay_url()?.ok_or(Problem::NoRelay)?;
        let relay = replica.relay_did()?.ok_or(Problem::NoRelay)?;
        let base = match url.split_once("://") {
            Some(("wss", host)) => format!("https://{host}"),
            Some((_, host)) => format!("http://{host}"),
            None => return Err(Problem::NoRelay),
        };
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let mut api = Self {
            agent,
            base: base.trim_end_matches('/').to_owned(),
            token: None,
        };
        let challenge = api.post("/auth/challenge", &json!({}))?;
        let challenge = text(&challenge, "challenge")?;
        let keys = replica.keys();
        let message = [relay.key().as_ref(), challenge.as_bytes()].concat();
        let signature = keys.device.sign(Domain::SIGN_IN, &message);
        let proof = json!({
            "did": keys.did,
            "device": Did::from_key(keys.device.public()),
            "challenge": challenge,
            "signature": URL_SAFE_NO_PAD.encode(signature.as_ref()),
        });
        let session = api.post("/auth/session", &proof)?;
        api.token = Some(text(&session, "token")?);
        Ok(api)
    }

    /// Where it is, for people who use it otherwise.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Problem> {
        let mut request = self.agent.get(self.url(path));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        answer(request.call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Problem> {
        let mut request = self.agent.post(self.url(path));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let request = request.header("Content-Type", "application/json");
        answer(request.send(body.to_string()))
    }

    pub(crate) fn delete(&self, path: &str) -> Result<(), Problem> {
        let mut request = self.agent.delete(self.url(path));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        answer(request.call()).map(drop)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }
}

/// Ends the session; should the relay not hear of it, it ends by itself.
impl Drop for Api {
    fn drop(&mut self) {
        if self.token.is_some() {
            let _ended = self.delete("/auth/session");
        }
    }
}

fn answer(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, Problem> {
    let failed = |error| Problem::Http(Box::new(error));
    let mut response = response.map_err(failed)?;
    let status = response.status();
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    let body = body.read_to_string().map_err(failed)?;
    if status.as_u16() == 204 {
        return Ok(Value::Null);
    }
    let body: Value = serde_json::from_str(&body).map_err(|_| Problem::NoApi)?;
    if status.is_success() {
        return Ok(body);
    }
    Err(Problem::Api {
        code: text(&body, "code")?,
        detail: text(&body, "detail")?,
    })
}

/// A text of an answer.
pub(crate) fn text(answer: &Value, field: &str) -> Result<String, Problem> {
    let text = answer.get(field).and_then(Value::as_str);
    text.map(str::to_owned).ok_or(Problem::NoApi)
}
