//! Promises: a headless Chromium of its own for each test, driven over WebDriver, and gone at the end, also after a panic.
//!
//! The protocol is a dozen JSON requests, which `reqwest` makes. The clients that exist would bring a second HTTP stack
//! (`fantoccini`, and with it the `webdriver` crate under the MPL) or a second use of `reqwest` to look after
//! (`thirtyfour`), and for what these tests need most (colour schemes, no JavaScript, the console) raw requests all the same.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up must stop at once"
)]

use std::{
    future::Future,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);
/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The Tab key.
pub const TAB: &str = "\u{e004}";
/// The Enter key.
pub const ENTER: &str = "\u{e007}";

/// A browser with one window.
pub struct Browser {
    http: reqwest::Client,
    session: String,
    driver: Driver,
}

/// The driver's process and its folder. Chromium is its child; both end with it.
struct Driver {
    process: Child,
    _profile: TempDir,
}

impl Drop for Driver {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            // The whole group: a driver that is killed leaves its browser behind.
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.process.id())]).status();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program(variable: &str, names: &[&str]) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let found =
        names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|at| at.is_file());
    found.unwrap_or_else(|| panic!("{} is not in PATH; scripts/test installs it on Debian and Ubuntu", names[0]))
}

impl Browser {
    /// Starts a browser without a window.
    pub async fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let log = profile.path().join("driver.log");
        let mut command = Command::new(program("PROXYCALL_TEST_CHROMEDRIVER", &["chromedriver"]));
        command.args(["--port=0"]).stdin(Stdio::null()).stderr(Stdio::null());
        command.stdout(std::fs::File::create(&log).expect("a file"));
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            command.process_group(0);
        }
        let driver = Driver { process: command.spawn().expect("chromedriver starts"), _profile: profile };
        let port = eventually("chromedriver says its port", async || {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let (_, rest) = said.split_once("successfully on port ")?;
            rest.split_once('.').and_then(|(port, _)| port.parse::<u16>().ok())
        })
        .await;
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
        let folder = driver._profile.path().join("profile");
        let mut arguments: Vec<String> = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=fr",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", folder.display()));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "binary": program("PROXYCALL_TEST_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"]),
                "args": arguments,
            },
        }}});
        let base = format!("http://127.0.0.1:{port}/session");
        let made = send(&http, Method::POST, &base, Some(wanted)).await;
        let session = format!("{base}/{}", made["sessionId"].as_str().expect("a session"));
        Self { http, session, driver }
    }

    async fn command(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        send(&self.http, method, &format!("{}/{path}", self.session), body).await
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.command(Method::POST, "goog/cdp/execute", Some(body)).await
    }

    /// Opens an address.
    pub async fn open(&self, address: &str) {
        self.command(Method::POST, "url", Some(json!({"url": address}))).await;
    }

    /// What the address bar shows.
    pub async fn address(&self) -> String {
        self.command(Method::GET, "url", None).await.as_str().expect("a text").to_owned()
    }

    /// Runs a script in the page: the body of a function, with `arguments`.
    pub async fn run(&self, script: &str, arguments: Value) -> Value {
        self.command(Method::POST, "execute/sync", Some(json!({"script": script, "args": arguments}))).await
    }

    /// Runs a script that calls its last argument when it is done.
    pub async fn run_async(&self, script: &str, arguments: Value) -> Value {
        self.command(Method::POST, "execute/async", Some(json!({"script": script, "args": arguments}))).await
    }

    async fn find(&self, selector: &str) -> String {
        let body = json!({"using": "css selector", "value": selector});
        let found = self.command(Method::POST, "element", Some(body)).await;
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// Clicks what a selector finds.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.command(Method::POST, &format!("element/{element}/click"), Some(json!({}))).await;
    }

    /// Types into what a selector finds.
    pub async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.command(Method::POST, &format!("element/{element}/value"), Some(json!({"text": text}))).await;
    }

    /// Presses keys, wherever the focus is.
    pub async fn keys(&self, text: &str) {
        let mut actions = Vec::new();
        for key in text.chars() {
            actions.push(json!({"type": "keyDown", "value": key.to_string()}));
            actions.push(json!({"type": "keyUp", "value": key.to_string()}));
        }
        let body = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.command(Method::POST, "actions", Some(body)).await;
    }

    /// The visible text of what a selector finds.
    pub async fn text(&self, selector: &str) -> String {
        let element = self.find(selector).await;
        let text = self.command(Method::GET, &format!("element/{element}/text"), None).await;
        text.as_str().expect("a text").to_owned()
    }

    /// The value of a field.
    pub async fn value(&self, selector: &str) -> String {
        let element = self.find(selector).await;
        let value = self.command(Method::GET, &format!("element/{element}/property/value"), None).await;
        value.as_str().expect("a text").to_owned()
    }

    /// The id of what has the focus.
    pub async fn focus(&self) -> String {
        let element = self.command(Method::GET, "element/active", None).await;
        let element = element[ELEMENT].as_str().expect("an element");
        let id = self.command(Method::GET, &format!("element/{element}/property/id"), None).await;
        id.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a text is on the page.
    pub async fn await_text(&self, text: &str) {
        let started = Instant::now();
        loop {
            let shown = self.shown().await.unwrap_or_default();
            if shown.contains(text) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "in vain waited for: {text}\nthe page says: {shown}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// The visible text of the page; none while one page gives way to another.
    async fn shown(&self) -> Option<String> {
        let body = json!({"using": "css selector", "value": "body"});
        let found = ask(&self.http, Method::POST, &format!("{}/element", self.session), Some(body)).await.ok()?;
        let text = format!("{}/element/{}/text", self.session, found[ELEMENT].as_str()?);
        let text = ask(&self.http, Method::GET, &text, None).await.ok()?;
        text.as_str().map(str::to_owned)
    }

    /// How wide and high the page is, and in which colours: `light` or `dark`.
    pub async fn look(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", scheme).await;
    }

    /// From here on the person wants no motion.
    pub async fn still(&self) {
        let wish = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.devtools("Emulation.setEmulatedMedia", wish).await;
    }

    /// From here on no page runs a script.
    pub async fn without_scripts(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    /// A picture of the whole page, base64 of a PNG.
    pub async fn picture(&self) -> String {
        self.picture_of("document.documentElement.scrollHeight").await
    }

    /// A picture of as much of the page as its window shows, base64 of a PNG.
    pub async fn picture_of_window(&self) -> String {
        self.picture_of("window.innerHeight").await
    }

    async fn picture_of(&self, height: &str) -> String {
        // As wide as it was laid out: the scroll bar's room is not taken off.
        let size = self.run(&format!("return [window.innerWidth, {height}]"), json!([])).await;
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        let shot = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true, "clip": clip})).await;
        shot["data"].as_str().expect("a picture").to_owned()
    }

    /// What the console said since this was asked last: errors, warnings, violations of the security policy.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.command(Method::POST, "se/log", Some(json!({"type": "browser"}))).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Ends it in order.
    pub async fn quit(self) {
        let _ = self.http.delete(&self.session).send().await;
        drop(self.driver);
    }
}

async fn send(http: &reqwest::Client, method: Method, address: &str, body: Option<Value>) -> Value {
    ask(http, method, address, body).await.unwrap_or_else(|refusal| panic!("{address}: {refusal}"))
}

/// Chromedriver's answer, or why it does not do that.
async fn ask(http: &reqwest::Client, method: Method, address: &str, body: Option<Value>) -> Result<Value, String> {
    let request = http.request(method, address);
    let request = if let Some(body) = body { request.json(&body) } else { request };
    let response = request.send().await.expect("chromedriver answers");
    let status = response.status();
    let mut answer: Value = response.json().await.expect("JSON");
    if status.is_success() { Ok(answer["value"].take()) } else { Err(answer["value"]["message"].to_string()) }
}

/// Asks again until there is an answer, but not for ever.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "in vain waited for: {what}");
        tokio::time::sleep(POLL).await;
    }
}
