//! The page that shows how a confirmation goes: whole, or only the part that changes, for the script.

use askama::Template;
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jiff::Timestamp;
use proxycall_domain::Language;

use crate::{
    enrolment::{CodeChannel, Progress},
    pages::{Base, Fields, Message, Mood, PageState, language, texts::Texts},
};

/// How often a page without its script asks again, in seconds.
const REFRESH: u32 = 10;

/// What there is to say of a state.
struct Shown {
    mood: Mood,
    title: &'static str,
    texts: Vec<&'static str>,
    /// For how long the code is valid.
    valid_for: String,
    /// Nothing will change any more.
    settled: bool,
    /// It can be begun anew.
    again: bool,
}

fn shown(progress: Progress, language: Language, now: Timestamp) -> Shown {
    let t = Texts::of(language);
    let settled = |mood, title, text, again| Shown {
        mood,
        title,
        texts: vec![text],
        valid_for: String::new(),
        settled: true,
        again,
    };
    match progress {
        Progress::Waiting { channel, valid_until } => {
            let (title, texts) = match channel {
                None => (t.queued_title, vec![t.queued]),
                Some(CodeChannel::Sms) => (t.sms_title, vec![t.sms, t.sms_next]),
                Some(CodeChannel::Voice) => (t.voice_title, vec![t.voice]),
                Some(CodeChannel::Email) => (t.email_title, vec![t.email_sent]),
            };
            let valid_for = t.span(valid_until.duration_since(now).as_secs());
            Shown { mood: Mood::Wait, title, texts, valid_for, settled: false, again: false }
        }
        Progress::Verified => Shown { settled: false, ..settled(Mood::Good, t.verified_title, t.verified, false) },
        Progress::Done => settled(Mood::Good, t.done_title, t.done, false),
        Progress::Locked => Shown { settled: false, ..settled(Mood::Bad, t.locked_title, t.locked, true) },
        Progress::Expired => settled(Mood::Bad, t.expired_title, t.expired, true),
        Progress::Failed => settled(Mood::Bad, t.failed_title, t.failed, true),
    }
}

#[derive(Template)]
#[template(path = "activate/progress.html")]
struct ProgressPage {
    base: Base,
    shown: Shown,
}

#[derive(Template)]
#[template(path = "activate/progress_part.html")]
struct ProgressPart {
    base: Base,
    shown: Shown,
}

pub(crate) async fn progress(
    State(site): PageState,
    Path(token): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let fields = Fields::parse(query.unwrap_or_default().as_bytes());
    let language = language::choose(fields.get("lang"), &headers);
    let t = Texts::of(language);
    let mut base = Base::new(language);
    let shown = match site.enrolment().progress(&token).await {
        Ok(Some(progress)) => shown(progress, language, site.app.service.clock.now()),
        Ok(None) => {
            let mut page = Message::new(language, Mood::Bad, t.no_progress_title, t.no_progress);
            page.onward = Some((format!("/activate?lang={}", base.lang), t.start_again));
            return site.page(StatusCode::NOT_FOUND, &page);
        }
        Err(unwell) => return site.unwell(language, unwell),
    };
    if !fields.get("part").is_empty() {
        return site.page(StatusCode::OK, &ProgressPart { base, shown });
    }
    base.refresh = if shown.settled { 0 } else { REFRESH };
    // Relative, so that the token is written into nothing.
    base.other_href = format!("?lang={}", base.other_lang);
    site.page(StatusCode::OK, &ProgressPage { base, shown })
}
