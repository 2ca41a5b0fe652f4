//! Callers of the API.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poo_core::identity::{Did, Domain, Keys};
use serde_json::{Value, json};

use crate::fixture::Outcomes;
use crate::processes::Relay;

/// No answer takes so long unless something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A person with a key.
#[derive(Debug, Clone)]
pub(super) struct Tenant {
    key: String,
    base: String,
    /// Their lists, and the tasks in each.
    pub(super) lists: Vec<(String, Vec<String>)>,
}

/// A connection of somebody who calls.
pub(super) struct Client {
    agent: ureq::Agent,
    key: String,
    base: String,
}

impl Client {
    fn new(base: &str, key: &str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Self {
            agent: agent.into(),
            key: key.to_owned(),
            base: base.to_owned(),
        }
    }

    /// Sends a request, and reads the whole answer, which must be a good one.
    pub(super) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Outcomes<String> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api/v1/{path}", self.base))
            .header("X-API-Key", &self.key);
        let answer = match body {
            None => self.agent.run(request.body(())?)?,
            Some(body) => {
                let request = request.header("Content-Type", "application/json");
                self.agent.run(request.body(body.to_string())?)?
            }
        };
        let status = answer.status();
        let text = answer.into_body().read_to_string()?;
        if !status.is_success() {
            return Err(format!("{method} {path}: {status} {text}").into());
        }
        Ok(text)
    }

    fn json(&self, method: &str, path: &str, body: Option<&Value>) -> Outcomes<Value> {
        Ok(serde_json::from_str(&self.ask(method, path, body)?)?)
    }

    /// Hears of events for as long as `hear` wants, which gets the data of each.
    pub(super) fn listen(&self, query: &str, mut hear: impl FnMut(&str) -> bool) -> Outcomes<()> {
        let request = ureq::http::Request::builder()
            .uri(format!("{}/api/v1/events?{query}", self.base))
            .header("X-API-Key", &self.key);
        let answer = self.agent.run(request.body(())?)?;
        if !answer.status().is_success() {
            return Err(format!("the stream of events: {}", answer.status()).into());
        }
        for line in BufReader::new(answer.into_body().into_reader()).lines() {
            let line = line?;
            // An empty line ends an event; the first one has only an id.
            let goes_on = match line.strip_prefix("data: ") {
                Some(data) => hear(data),
                None if line.starts_with("retry:") => hear(""),
                None => true,
            };
            if !goes_on {
                return Ok(());
            }
        }
        Err("the stream of events ended".into())
    }
}

impl Tenant {
    /// A connection of theirs.
    pub(super) fn client(&self) -> Client {
        Client::new(&self.base, &self.key)
    }
}

/// Makes a key for somebody, and looks what they have.
pub(super) fn sign_in(relay: &Relay, keys: &Keys) -> Outcomes<Tenant> {
    let base = relay.url().replacen("ws://", "http://", 1);
    let stranger = Client::new(&base, "");
    let asked: Value = {
        let url = format!("{base}/api/v1/auth/challenge");
        let answer = stranger.agent.post(url).send_empty()?;
        serde_json::from_str(&answer.into_body().read_to_string()?)?
    };
    let challenge = text(&asked, "challenge")?;
    let here: Did = text(&asked, "relay")?.parse()?;
    let message = [here.key().as_ref(), challenge.as_bytes()].concat();
    let proof = json!({
        "did": keys.did,
        "device": Did::from_key(keys.device.public()),
        "challenge": challenge,
        "signature": URL_SAFE_NO_PAD.encode(keys.device.sign(Domain::SIGN_IN, &message).as_ref()),
    });
    let url = format!("{base}/api/v1/auth/session");
    let request = (stranger.agent.post(url)).header("Content-Type", "application/json");
    let mut session = request.send(proof.to_string())?.into_body();
    let session: Value = serde_json::from_str(&session.read_to_string()?)?;
    let signed_in = Client::new(&base, text(&session, "token")?);
    let made = signed_in.json("POST", "keys", Some(&json!({"name": "Bench"})))?;
    let mut tenant = Tenant {
        key: text(&made, "secret")?.to_owned(),
        base,
        lists: Vec::new(),
    };
    let client = tenant.client();
    for list in ids(&client.json("GET", "lists", None)?) {
        let tasks = client.json("GET", &format!("tasks?limit=1000&list={list}"), None)?;
        tenant.lists.push((list, ids(&tasks)));
    }
    Ok(tenant)
}

fn text<'a>(answer: &'a Value, field: &str) -> Outcomes<&'a str> {
    let text = answer.get(field).and_then(Value::as_str);
    text.ok_or_else(|| format!("no {field} in {answer}").into())
}

/// The ids of what is on a page.
fn ids(page: &Value) -> Vec<String> {
    let items = page.get("items").and_then(Value::as_array);
    let ids = items.into_iter().flatten();
    ids.filter_map(|item| Some(item.get("id")?.as_str()?.to_owned()))
        .collect()
}
