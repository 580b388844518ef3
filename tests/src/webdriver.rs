//! The little of W3C WebDriver that our browser tests speak: JSON over HTTP, one call at a time.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

/// The key under which WebDriver names an element, fixed by the W3C's recommendation.
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long the driver may take for one answer. Scripts may run two minutes, and then a bit.
const PATIENCE: Duration = Duration::from_secs(150);

/// How long a script in the page may run.
const SCRIPT_LIMIT: Duration = Duration::from_secs(120);

/// One browser under a driver's command.
pub struct Session {
    address: String,
    /// What the driver tells of the browser, among it how its process is called.
    capabilities: Value,
}

/// An element of the page, as the driver knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementId(String);

impl Session {
    /// Asks the driver at `port` for a browser with these `capabilities`.
    pub fn new(port: u16, mut capabilities: Value) -> Result<Session> {
        capabilities["timeouts"] = json!({ "script": SCRIPT_LIMIT.as_millis() as u64 });
        let wish = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let driver = format!("http://127.0.0.1:{port}/session");
        let answer = ask(minreq::post(&driver), Some(&wish)).context("no browser")?;
        let id = answer["sessionId"].as_str().context("a session without an id")?;
        Ok(Session {
            address: format!("{driver}/{id}"),
            capabilities: answer["capabilities"].clone(),
        })
    }

    /// What the driver tells of the browser.
    pub fn capabilities(&self) -> &Value {
        &self.capabilities
    }

    /// Reads what is at `path` of this session.
    pub fn get(&self, path: &str) -> Result<Value> {
        ask(minreq::get(format!("{}/{path}", self.address)), None)
    }

    /// Does what `path` of this session stands for.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        ask(minreq::post(format!("{}/{path}", self.address)), Some(body))
    }

    /// Closes the browser.
    pub fn close(&self) -> Result<()> {
        ask(minreq::delete(&self.address), None).map(drop)
    }

    /// The elements that match the CSS `selector`, in the order of the document.
    pub fn elements(&self, selector: &str) -> Result<Vec<ElementId>> {
        let wish = json!({ "using": "css selector", "value": selector });
        let answer = self.post("elements", &wish)?;
        let elements = answer.as_array().context("not a list of elements")?;
        let ids = elements.iter().map(|element| element[ELEMENT_KEY].as_str());
        ids.map(|id| Ok(ElementId(id.context("an element without an id")?.to_string()))).collect()
    }

    /// Reads `path` of `element`, such as `text` or `attribute/class`.
    pub fn get_of(&self, element: &ElementId, path: &str) -> Result<Value> {
        self.get(&format!("element/{}/{path}", element.0))
    }

    /// Does what `path` stands for to `element`, such as `click`.
    pub fn post_to(&self, element: &ElementId, path: &str, body: &Value) -> Result<Value> {
        self.post(&format!("element/{}/{path}", element.0), body)
    }
}

/// Sends one request and returns the answer's value, or what the driver says went wrong.
fn ask(request: minreq::Request, body: Option<&Value>) -> Result<Value> {
    let mut request = request.with_timeout(PATIENCE.as_secs());
    if let Some(body) = body {
        request = request.with_header("Content-Type", "application/json");
        request = request.with_body(body.to_string());
    }
    let response = request.send().context("the driver does not answer")?;
    let text = response.as_str().context("the driver's answer is not text")?;
    let mut answer: Value = serde_json::from_str(text).context("the answer is not JSON")?;
    let value = answer["value"].take();
    match value["error"].as_str() {
        Some(error) => Err(anyhow!("{error}: {}", value["message"].as_str().unwrap_or_default())),
        None => Ok(value),
    }
}
