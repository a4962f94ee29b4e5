//! Promises: somebody at the console, as a browser without JavaScript would be: a cookie, pages, and forms with what they
//! hide.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on must stop at once")]

use reqwest::{Method, StatusCode, header};

use crate::{TestApp, app::TOKEN};

/// A page, or where an answer leads.
#[derive(Debug)]
pub struct Shown {
    /// The status.
    pub status: StatusCode,
    /// Where it leads, if it does.
    pub location: String,
    /// The content type.
    pub media_type: String,
    /// The page.
    pub html: String,
}

/// Somebody who is signed in.
pub struct Console<'a> {
    app: &'a TestApp,
    /// The cookie, as a browser sends it back.
    pub cookie: String,
}

impl TestApp {
    /// Signs in with the token of the environment.
    pub async fn console(&self) -> Console<'_> {
        Console::sign_in(self, TOKEN).await
    }
}

impl<'a> Console<'a> {
    /// Signs in with a token.
    pub async fn sign_in(app: &'a TestApp, token: &str) -> Self {
        let request = app.bare_request(Method::POST, "/console/login").form(&[("token", token), ("to", "/console")]);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "the token is taken");
        let cookie = response.headers().get(header::SET_COOKIE).expect("a cookie").to_str().expect("a text");
        Self { app, cookie: cookie.split(';').next().unwrap_or_default().to_owned() }
    }

    /// A page.
    pub async fn get(&self, path: &str) -> Shown {
        self.send(Method::GET, path, None).await
    }

    /// The page at a path, which must be there.
    pub async fn page(&self, path: &str) -> String {
        let shown = self.get(path).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}: {}", shown.html);
        shown.html
    }

    /// Sends a form that stands on one of our pages: with what such a form hides.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let page = self.get("/console/health").await.html;
        let csrf = hidden(&page, "csrf").unwrap_or_else(|| panic!("no form on {page}"));
        let mut fields = fields.to_vec();
        fields.push(("csrf", &csrf));
        self.post_bare(path, &fields).await
    }

    /// Sends these fields and nothing else.
    pub async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        self.send(Method::POST, path, Some(fields)).await
    }

    /// Sends a form and looks at where that leads.
    pub async fn act(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let shown = self.post(path, fields).await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{path}: {}", shown.html);
        self.page(&shown.location).await
    }

    async fn send(&self, method: Method, path: &str, fields: Option<&[(&str, &str)]>) -> Shown {
        let request = self.app.bare_request(method, path).header(header::COOKIE, &self.cookie);
        let request = request.header(header::ACCEPT_LANGUAGE, "en");
        let request = match fields {
            Some(fields) => request.form(fields),
            None => request,
        };
        let response = request.send().await.expect("an answer");
        let text =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let (location, media_type) = (text(header::LOCATION), text(header::CONTENT_TYPE));
        Shown { status: response.status(), location, media_type, html: response.text().await.expect("a text") }
    }
}

/// What a form on a page hides under a name.
#[must_use]
pub fn hidden(page: &str, name: &str) -> Option<String> {
    let rest = page.split_once(&format!("name=\"{name}\" value=\""))?.1;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}
