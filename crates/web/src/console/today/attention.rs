//! Promises: whatever an operator should do something about stands in one list, the worst first, in words, each with a way to
//! where it is put right; many of a kind are one line.

use jiff::{SignedDuration, Timestamp};
use proxycall_domain::{
    Channel, Countries, Language, PhoneNumber,
    pool::stock::{LOW_DAYS, Level, Stock},
    traffic::{OutcomeGroup, TrafficHour},
};
use proxycall_service::{
    operators::alert::{SHEET_STOPPED, WEBHOOKS_FAILING},
    pool::alert,
    ports::ledger::{Alert, BoardCounts, SheetState, Standing},
    privacy,
};

use super::{
    super::{
        format::{self, Moment, count},
        layout::Tone,
        numbers::{country_name, path_of},
        session::Session,
        wording,
    },
    Words,
};

/// More of a kind than this are one line.
const OF_A_KIND: usize = 3;
/// A job that is due for longer is late.
pub(super) const LATE: SignedDuration = SignedDuration::from_mins(2);

/// Something to do something about.
pub(super) struct Item {
    pub(super) tone: Tone,
    pub(super) title: String,
    /// What it means and what to do.
    pub(super) text: &'static str,
    /// In others' words: the carrier's, Google's. In English.
    pub(super) detail: String,
    pub(super) since: Option<Moment>,
    pub(super) href: String,
    pub(super) button: &'static str,
}

/// What is known of the day.
pub(super) struct Facts<'a> {
    pub(super) session: &'a Session,
    pub(super) countries: &'a Countries,
    pub(super) alerts: &'a [Alert],
    /// With how each stands.
    pub(super) stock: Vec<(&'a Stock, Level)>,
    /// Of the last 24 hours.
    pub(super) traffic: &'a [TrafficHour],
    pub(super) board: BoardCounts,
    pub(super) standing: &'a Standing,
    /// None: there is no sheet.
    pub(super) sheet: Option<&'a SheetState>,
    pub(super) keeps_secret: bool,
}

impl Facts<'_> {
    /// All of it, the worst first.
    pub(super) fn items(&self) -> Vec<Item> {
        let mut items = self.alerts();
        items.extend(self.low_stock());
        items.extend(self.failures());
        items.extend(self.confirmations());
        items.extend(self.jobs());
        items.extend(self.sheet());
        items.extend(self.secret());
        items.sort_by_key(|item| item.tone != Tone::Bad);
        items
    }

    fn t(&self) -> &'static Words {
        Words::of(self.session.language)
    }

    fn item(&self, tone: Tone, title: String, text: &'static str, href: impl Into<String>) -> Item {
        let (detail, button) = (String::new(), self.t().see);
        Item { tone, title, text, detail, since: None, href: href.into(), button }
    }

    fn alerts(&self) -> Vec<Item> {
        // That the sheet stopped is told with its reason below, also before it has lasted long enough for an alert.
        let alerts = self.alerts.iter().map(|alert| alert.kind.as_str());
        let mut kinds: Vec<&str> = alerts.filter(|kind| *kind != SHEET_STOPPED).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut items = Vec::new();
        for kind in kinds {
            let of_kind: Vec<&Alert> = self.alerts.iter().filter(|alert| alert.kind == kind).collect();
            match of_kind.as_slice() {
                [oldest, ..] if of_kind.len() > OF_A_KIND => items.push(self.many(oldest, of_kind.len())),
                few => items.extend(few.iter().map(|alert| self.alert(alert))),
            }
        }
        items
    }

    fn alert(&self, of: &Alert) -> Item {
        let t = self.t();
        let (tone, text) = match kind(&of.kind, t) {
            _ if of.kind == alert::LOW_STOCK && self.is_out(&of.subject) => (Tone::Bad, t.none_left_text),
            (tone, _, text) => (tone, text),
        };
        let number = PhoneNumber::parse(&of.subject).ok();
        let (href, button) = match of.kind.as_str() {
            alert::LOW_STOCK | alert::PURCHASE_FAILED => (buy(&of.subject), t.buy),
            alert::SHEET_TAB => (SHEET.to_owned(), t.see_sheet),
            privacy::alert::ERASURE_FAILED => (format!("/console/clients/{}", of.subject), t.see_client),
            WEBHOOKS_FAILING => (HEALTH.to_owned(), t.see_health),
            kind => match number {
                Some(number) if kind == alert::USED_ELSEWHERE => (format!("{}/webhooks", path_of(number)), t.repair),
                Some(number) => (path_of(number), t.see_number),
                None => (HEALTH.to_owned(), t.see_health),
            },
        };
        let title = title(of, self.countries, self.session.language);
        let in_our_words = [alert::LOW_STOCK, alert::NUMBER_MISSING, alert::USED_ELSEWHERE, alert::MARKED_FAULTY];
        let detail = if in_our_words.contains(&of.kind.as_str()) {
            String::new()
        } else {
            of.detail.of(self.session.language).to_owned()
        };
        let since = Some(format::moment(of.raised_at, self.session));
        Item { tone, title, text, detail, since, href, button }
    }

    /// One line for many of a kind.
    fn many(&self, oldest: &Alert, how_many: usize) -> Item {
        let t = self.t();
        let (tone, title, text) = kind(&oldest.kind, t);
        let (href, button) = match oldest.kind.as_str() {
            alert::LOW_STOCK | alert::PURCHASE_FAILED => ("/console/numbers/buy", t.buy),
            alert::NUMBER_MISSING => ("/console/numbers?status=missing#numbers", t.see_numbers),
            alert::USED_ELSEWHERE => ("/console/numbers/webhooks", t.repair),
            alert::MARKED_FAULTY | alert::RELEASE_FAILED => ("/console/numbers", t.see_numbers),
            alert::SHEET_TAB => (SHEET, t.see_sheet),
            _ => (HEALTH, t.see_health),
        };
        let how_many = count(u64::try_from(how_many).unwrap_or(u64::MAX), self.session.language);
        let title = format!("{title} ({how_many})");
        let since = Some(format::moment(oldest.raised_at, self.session));
        Item { tone, title, text, detail: String::new(), since, href: href.to_owned(), button }
    }

    /// Whether none is left of what an alert is about: that is more than that there are few.
    fn is_out(&self, subject: &str) -> bool {
        self.stock
            .iter()
            .any(|(of, level)| *level == Level::Out && format!("{} {}", of.country, of.number_type) == subject)
    }

    /// Stock that is about to run out, where no alert says so yet.
    fn low_stock(&self) -> Vec<Item> {
        let t = self.t();
        let mut items = Vec::new();
        for (of, level) in &self.stock {
            let subject = format!("{} {}", of.country, of.number_type);
            let is_told = self.alerts.iter().any(|it| it.kind == alert::LOW_STOCK && it.subject == subject);
            let (tone, text) = match level {
                _ if is_told => continue,
                Level::Out => (Tone::Bad, t.none_left_text),
                Level::Low if of.days_left().is_some_and(|days| days < LOW_DAYS) => (Tone::Warn, t.days_low_text),
                Level::Low => (Tone::Warn, t.low_stock_text),
                Level::Enough | Level::Unneeded => continue,
            };
            let title =
                colon(t.low_stock, &shelf(&subject, self.countries, self.session.language), self.session.language);
            items.push(Item { button: t.buy, ..self.item(tone, title, text, buy(&subject)) });
        }
        items
    }

    fn failures(&self) -> Vec<Item> {
        let t = self.t();
        let since = self.session.now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let since = since.to_zoned_datetime(self.session.zone.clone()).strftime("%Y-%m-%dT%H:00").to_string();
        let of = |channel: Channel, one, more| {
            let failed: u64 = self.traffic.iter().map(|hour| hour.count(channel, OutcomeGroup::Failed)).sum();
            let href = format!(
                "/console/activity?channel={}&result=failed&from={}",
                channel.as_str(),
                super::super::encoded(&since)
            );
            (failed > 0).then(|| self.item(Tone::Warn, self.so_many(failed, one, more), t.failed_text, href))
        };
        let calls = of(Channel::Call, t.one_call_failed, t.calls_failed);
        calls.into_iter().chain(of(Channel::Text, t.one_text_failed, t.texts_failed)).collect()
    }

    fn confirmations(&self) -> Vec<Item> {
        let t = self.t();
        let page = |group| format!("/console/confirmations#{group}");
        let waiting = (self.board.waiting > 0).then(|| {
            let title = self.so_many(self.board.waiting, t.one_to_approve, t.to_approve);
            Item { button: t.approve, ..self.item(Tone::Warn, title, t.to_approve_text, page("waiting")) }
        });
        let locked = (self.board.locked > 0).then(|| {
            let title = self.so_many(self.board.locked, t.one_locked, t.locked);
            self.item(Tone::Plain, title, t.locked_text, page("locked"))
        });
        waiting.into_iter().chain(locked).collect()
    }

    fn jobs(&self) -> Option<Item> {
        let t = self.t();
        let late = self.session.now.checked_sub(LATE).unwrap_or(Timestamp::MIN);
        let due = self.standing.jobs.iter().map(|jobs| jobs.due).filter(|due| *due < late).min()?;
        let since = Some(format::moment(due, self.session));
        let item = self.item(Tone::Bad, t.jobs_late.to_owned(), t.jobs_late_text, HEALTH);
        Some(Item { since, button: t.see_health, ..item })
    }

    fn sheet(&self) -> Vec<Item> {
        let t = self.t();
        let Some(state) = self.sheet else { return Vec::new() };
        let mut items = Vec::new();
        if let Some((reason, at)) = &state.failure {
            let item = self.item(Tone::Bad, t.sheet_failed.to_owned(), t.sheet_failed_text, SHEET);
            let since = Some(format::moment(*at, self.session));
            items.push(Item {
                since,
                detail: reason.of(self.session.language).to_owned(),
                button: t.see_sheet,
                ..item
            });
        }
        if state.standing > 0 {
            let title = self.so_many(state.standing, t.one_sheet_edit, t.sheet_edits);
            items.push(Item { button: t.see_sheet, ..self.item(Tone::Warn, title, t.sheet_edits_text, SHEET) });
        }
        items
    }

    fn secret(&self) -> Option<Item> {
        let t = self.t();
        let item = || self.item(Tone::Plain, t.secret.to_owned(), t.secret_text, HEALTH);
        self.keeps_secret.then(|| Item { button: t.see_health, ..item() })
    }

    fn so_many(&self, number: u64, one: &str, more: &str) -> String {
        format!("{} {}", count(number, self.session.language), if number == 1 { one } else { more })
    }
}

/// What a kind of alert is called, what it means, and how bad it is.
fn kind(kind: &str, t: &'static Words) -> (Tone, &'static str, &'static str) {
    match kind {
        alert::LOW_STOCK => (Tone::Warn, t.low_stock, t.low_stock_text),
        alert::PURCHASE_FAILED => (Tone::Bad, t.purchase_failed, t.purchase_failed_text),
        alert::NUMBER_MISSING => (Tone::Bad, t.number_missing, t.number_missing_text),
        alert::USED_ELSEWHERE => (Tone::Bad, t.used_elsewhere, t.used_elsewhere_text),
        alert::RELEASE_FAILED => (Tone::Warn, t.release_failed, t.release_failed_text),
        alert::MARKED_FAULTY => (Tone::Bad, t.marked_faulty, t.marked_faulty_text),
        alert::SHEET_TAB => (Tone::Bad, t.sheet_tab, t.sheet_tab_text),
        SHEET_STOPPED => (Tone::Bad, t.sheet_failed, t.sheet_failed_text),
        privacy::alert::ERASURE_FAILED => (Tone::Warn, t.erasure_failed, t.erasure_failed_text),
        WEBHOOKS_FAILING => (Tone::Bad, t.webhooks_failing, t.webhooks_failing_text),
        _ => (Tone::Warn, t.other_alert, ""),
    }
}

/// An alert in a few words: what it is, and about what.
pub(in crate::console) fn title(of: &Alert, countries: &Countries, language: Language) -> String {
    let (_, name, _) = kind(&of.kind, Words::of(language));
    let subject = match of.kind.as_str() {
        alert::LOW_STOCK | alert::PURCHASE_FAILED => shelf(&of.subject, countries, language),
        // There is one sheet, and one service.
        SHEET_STOPPED | WEBHOOKS_FAILING => String::new(),
        alert::SHEET_TAB | privacy::alert::ERASURE_FAILED => of.subject.clone(),
        _ => PhoneNumber::parse(&of.subject).map_or_else(|_| of.subject.clone(), wording::proxy),
    };
    if subject.is_empty() { name.to_owned() } else { colon(name, &subject, language) }
}

/// A country and type, which alerts call `FR mobile`.
fn shelf(subject: &str, countries: &Countries, language: Language) -> String {
    let words = subject.split_once(' ').and_then(|(country, of_type)| {
        let name = country_name(countries, country.parse().ok()?, language);
        Some(format!("{name} · {}", wording::number_type(of_type.parse().ok()?, language)))
    });
    words.unwrap_or_else(|| subject.to_owned())
}

const SHEET: &str = "/console/sheet";
const HEALTH: &str = "/console/health";

/// Where numbers of a country and type are bought.
fn buy(subject: &str) -> String {
    match subject.split_once(' ') {
        Some((country, of_type)) => format!("/console/numbers/buy?country={country}&type={of_type}"),
        None => "/console/numbers/buy".to_owned(),
    }
}

fn colon(name: &str, what: &str, language: Language) -> String {
    format!("{name}{} {what}", format::colon(language))
}
