//! Pool and account are compared and set right; numbers are rested, adopted and given back.

use std::sync::Arc;

use axum::{Json, body::Bytes, extract::State};
use proxycall_domain::PhoneNumber;
use proxycall_service::pool::{WebhookFilter, WebhookReport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{FailureBody, country_of, failures, naive, status_of};
use crate::{
    Problem, Shared, audit,
    auth::Caller,
    carrier_work::to_its_end,
    json::{ApiJson, LaxBool, OptionalJson, PhoneText},
};

pub(super) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(sync))
        .routes(routes!(purge))
        .routes(routes!(fix_webhooks))
        .routes(routes!(restore_webhooks))
        .routes(routes!(release))
        .routes(routes!(quarantine))
        .routes(routes!(adopt))
}

/// Whether to set right what differs: absent, `true`, `false`, or an object.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum SyncBody {
    /// The bare answer.
    Bare(bool),
    /// The original's Apps Script also sent texts.
    Text(BoolText),
    /// `{"apply": …}`.
    Object {
        #[serde(default = "yes")]
        #[schema(value_type = bool)]
        apply: LaxBool,
    },
}

fn yes() -> LaxBool {
    LaxBool(true)
}

/// `true` or `false` as a text.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum BoolText {
    True,
    False,
}

impl Default for SyncBody {
    fn default() -> Self {
        Self::Bare(true)
    }
}

impl SyncBody {
    fn apply(&self) -> bool {
        match self {
            Self::Bare(apply) | Self::Object { apply: LaxBool(apply) } => *apply,
            Self::Text(text) => matches!(text, BoolText::True),
        }
    }
}

/// How account and pool differ.
#[derive(Serialize, ToSchema)]
struct SyncedBody {
    /// In the account and unknown here.
    missing_numbers: Vec<String>,
    /// Those of them that were added as available.
    added_numbers: Vec<String>,
    total_twilio: usize,
    total_sheet: usize,
    ts: String,
    /// In the account and used for something else: set aside until an operator adopts them.
    used_elsewhere: Vec<String>,
    /// In the pool and gone at the carrier: flagged, and an alert raised.
    missing_on_twilio: Vec<String>,
    /// Gone before, and there again.
    back_on_twilio: Vec<String>,
    /// In the pool with webhooks that do not lead here as they should; `fix-webhooks` mends them.
    need_webhooks: Vec<String>,
}

fn exposed(numbers: &[PhoneNumber]) -> Vec<String> {
    numbers.iter().map(|phone| phone.expose()).collect()
}

/// Compare the carrier's account with the pool, both ways; with apply, set right what needs no operator's word.
#[utoipa::path(post, path = "/pool/sync", operation_id = "sync_pool", tag = "pool", request_body = Option<SyncBody>,
    responses((status = 200, body = SyncedBody), (status = 422, body = Problem), (status = 502, body = Problem),
        (status = 503, body = Problem)))]
async fn sync(
    State(app): State<Shared>,
    caller: Caller,
    OptionalJson(body): OptionalJson<SyncBody>,
) -> Result<Json<SyncedBody>, Problem> {
    let (service, apply, actor) = (Arc::clone(&app.service), body.apply(), caller.actor());
    if !apply {
        caller.about("only compared");
    }
    let report = to_its_end(async move { service.sync_numbers(apply, actor).await }).await??;
    let found = &report.differences;
    Ok(Json(SyncedBody {
        missing_numbers: exposed(&found.unknown),
        added_numbers: exposed(&report.added),
        total_twilio: report.total_account,
        total_sheet: report.total_pool,
        ts: naive(report.at),
        used_elsewhere: exposed(&found.elsewhere),
        missing_on_twilio: exposed(&found.missing),
        back_on_twilio: exposed(&found.back),
        need_webhooks: exposed(&found.miswired),
    }))
}

/// Whether also what a client has or what is reserved.
#[derive(Default, Deserialize)]
struct PurgeBody {
    #[serde(default)]
    force: bool,
}

/// What became of the numbers without texts.
#[derive(Serialize, ToSchema)]
struct PurgedBody {
    checked: usize,
    kept_sms_capable: Vec<String>,
    removed_from_pool: Vec<String>,
    released_on_twilio: Vec<String>,
    missing_on_twilio: Vec<String>,
    /// Also those that a client has or that are reserved: they stay unless force is given.
    errors: Vec<FailureBody>,
    ts: String,
}

/// Give back every number that takes no texts. Those of clients and reserved ones stay, unless the body says
/// `{"force": true}`; any other body is ignored.
#[utoipa::path(post, path = "/pool/purge-sans-sms", operation_id = "purge_numbers_without_texts", tag = "pool",
    responses((status = 200, body = PurgedBody), (status = 502, body = Problem), (status = 503, body = Problem)))]
async fn purge(State(app): State<Shared>, caller: Caller, body: Bytes) -> Result<Json<PurgedBody>, Problem> {
    let force = serde_json::from_slice::<PurgeBody>(&body).unwrap_or_default().force;
    let (service, actor) = (Arc::clone(&app.service), caller.actor());
    let report = to_its_end(async move { service.purge_without_texts(force, actor).await }).await??;
    Ok(Json(PurgedBody {
        checked: report.checked,
        kept_sms_capable: report.kept,
        removed_from_pool: report.removed,
        released_on_twilio: report.released,
        missing_on_twilio: report.missing,
        errors: failures(report.failed),
        ts: naive(app.service.clock.now()),
    }))
}

/// Which webhooks to mend.
#[derive(Deserialize, ToSchema)]
struct FixBody {
    /// Only look. True unless said otherwise.
    #[serde(default = "yes")]
    #[schema(value_type = bool)]
    dry_run: LaxBool,
    /// Only this country.
    only_country: Option<String>,
    /// Only in this state.
    only_status: Option<String>,
    /// Also the webhooks of texts. True unless said otherwise.
    #[serde(default = "yes")]
    #[schema(value_type = bool)]
    fix_sms: LaxBool,
}

impl Default for FixBody {
    fn default() -> Self {
        Self { dry_run: yes(), only_country: None, only_status: None, fix_sms: yes() }
    }
}

/// A number whose calls lead elsewhere.
#[derive(Clone, Serialize, ToSchema)]
struct VoiceBody {
    #[schema(example = "+33199000001")]
    phone_number: String,
    current_voice_url: String,
}

/// A number whose texts lead elsewhere.
#[derive(Serialize, ToSchema)]
struct TextBody {
    #[schema(example = "+33199000001")]
    phone_number: String,
    current_sms_url: String,
}

/// What was found and mended. `need_fix` and `fixed` repeat the lists about calls, as the original did.
#[derive(Serialize, ToSchema)]
struct FixedBody {
    target_voice_url: String,
    /// Empty when texts were left alone.
    target_sms_url: String,
    checked: usize,
    need_fix: Vec<VoiceBody>,
    fixed: Vec<String>,
    need_fix_voice: Vec<VoiceBody>,
    need_fix_sms: Vec<TextBody>,
    fixed_voice: Vec<String>,
    fixed_sms: Vec<String>,
    not_found_on_twilio: Vec<String>,
    errors: Vec<FailureBody>,
    dry_run: bool,
    only_status: Option<String>,
    only_country: Option<String>,
    ts: String,
}

/// Look at the webhooks of the pool's numbers and, unless it is a dry run, mend them: address, method, fallback and
/// status callback. Numbers set aside are left alone.
#[utoipa::path(post, path = "/pool/fix-webhooks", operation_id = "fix_webhooks", tag = "pool", request_body = Option<FixBody>,
    responses((status = 200, body = FixedBody), (status = 422, body = Problem), (status = 502, body = Problem),
        (status = 503, body = Problem)))]
async fn fix_webhooks(
    State(app): State<Shared>,
    caller: Caller,
    OptionalJson(body): OptionalJson<FixBody>,
) -> Result<Json<FixedBody>, Problem> {
    let country = body.only_country.as_deref().filter(|text| !text.trim().is_empty());
    let filter = WebhookFilter {
        country: country.map(|text| country_of("only_country", text)).transpose()?,
        status: status_of("only_status", body.only_status.as_deref())?,
        phone: None,
        calls_only: !body.fix_sms.0,
    };
    let (service, dry_run) = (Arc::clone(&app.service), body.dry_run.0);
    if dry_run {
        caller.about("dry run");
    }
    let work = async move { service.fix_webhooks(&filter, dry_run, &mut |_, _| {}).await };
    let WebhookReport { checked, need_voice, need_text, fixed_voice, fixed_text, not_found, failed } =
        to_its_end(work).await??;
    let need_voice: Vec<VoiceBody> = need_voice
        .into_iter()
        .map(|(phone_number, current_voice_url)| VoiceBody { phone_number, current_voice_url })
        .collect();
    let wanted = app.service.wanted_wiring();
    Ok(Json(FixedBody {
        target_voice_url: wanted.voice.url,
        target_sms_url: if body.fix_sms.0 { wanted.text.url } else { String::new() },
        checked,
        need_fix: need_voice.clone(),
        fixed: fixed_voice.clone(),
        need_fix_voice: need_voice,
        need_fix_sms: need_text
            .into_iter()
            .map(|(phone_number, current_sms_url)| TextBody { phone_number, current_sms_url })
            .collect(),
        fixed_voice,
        fixed_sms: fixed_text,
        not_found_on_twilio: not_found,
        errors: failures(failed),
        dry_run,
        only_status: body.only_status,
        only_country: body.only_country,
        ts: naive(app.service.clock.now()),
    }))
}

/// Which numbers.
#[derive(Deserialize, ToSchema)]
struct NumbersAskedBody {
    /// With or without `+`.
    #[schema(value_type = Vec<String>, example = json!(["+33199000001"]))]
    numbers: Vec<PhoneText>,
    /// Also those that a client has, that are reserved, or that the pool does not know.
    #[serde(default)]
    #[schema(value_type = bool)]
    force: LaxBool,
}

impl NumbersAskedBody {
    /// The original answered 400 to an empty list.
    fn numbers(self) -> Result<Vec<String>, Problem> {
        if self.numbers.is_empty() {
            return Err(Problem::bad_request("numbers", "is empty; expected at least one number"));
        }
        Ok(self.numbers.into_iter().map(|number| number.0).collect())
    }
}

/// One number that was not given back.
#[derive(Serialize, ToSchema)]
struct NotReleasedBody {
    /// In E.164, or as it was given when it is no number.
    number: String,
    /// Why, in words.
    error: String,
}

/// What became of the numbers.
#[derive(Serialize, ToSchema)]
struct ReleasedBody {
    released: Vec<String>,
    not_found: Vec<String>,
    failed: Vec<NotReleasedBody>,
}

/// Give numbers back to the carrier, for good. Those of clients, reserved ones and those that the pool does not know
/// stay unless force is given.
#[utoipa::path(post, path = "/pool/release", operation_id = "release_numbers", tag = "pool", request_body = NumbersAskedBody,
    responses((status = 200, body = ReleasedBody), (status = 400, description = "The list is empty", body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn release(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<NumbersAskedBody>,
) -> Result<Json<ReleasedBody>, Problem> {
    let (service, force, numbers) = (Arc::clone(&app.service), body.force.0, body.numbers()?);
    let actor = caller.actor();
    caller.about(audit::numbers(&numbers));
    let report = to_its_end(async move { service.release_numbers(&numbers, force, actor).await }).await??;
    let failed = report.failed.into_iter();
    Ok(Json(ReleasedBody {
        released: report.released,
        not_found: report.not_found,
        failed: failed.map(|failure| NotReleasedBody { number: failure.number, error: failure.why }).collect(),
    }))
}

/// A number that rests.
#[derive(Serialize, ToSchema)]
struct RestingBody {
    #[schema(example = "+33199000001")]
    phone_number: String,
    /// Until when.
    until: String,
}

/// What became of the numbers.
#[derive(Serialize, ToSchema)]
struct QuarantinedBody {
    quarantined: Vec<RestingBody>,
    failed: Vec<FailureBody>,
}

/// Put numbers to rest, for as long as a number rests that a client gave back. A client who has one loses it: that takes
/// force.
#[utoipa::path(post, path = "/pool/quarantine", operation_id = "quarantine_numbers", tag = "pool",
    request_body = NumbersAskedBody,
    responses((status = 200, body = QuarantinedBody), (status = 400, description = "The list is empty", body = Problem),
        (status = 422, body = Problem)))]
async fn quarantine(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<NumbersAskedBody>,
) -> Result<Json<QuarantinedBody>, Problem> {
    let (force, numbers) = (body.force.0, body.numbers()?);
    caller.about(audit::numbers(&numbers));
    let report = app.service.quarantine_numbers(&numbers, force, caller.actor()).await?;
    let resting = report.resting.into_iter();
    Ok(Json(QuarantinedBody {
        quarantined: resting
            .map(|(phone_number, until)| RestingBody { phone_number, until: until.to_string() })
            .collect(),
        failed: failures(report.failed),
    }))
}

/// What became of the numbers.
#[derive(Serialize, ToSchema)]
struct AdoptedBody {
    adopted: Vec<String>,
    not_found: Vec<String>,
    failed: Vec<FailureBody>,
}

/// Bring numbers of the account into the pool and let them lead here, whatever they were used for before.
#[utoipa::path(post, path = "/pool/adopt", operation_id = "adopt_numbers", tag = "pool", request_body = NumbersAskedBody,
    responses((status = 200, body = AdoptedBody), (status = 400, description = "The list is empty", body = Problem),
        (status = 422, body = Problem)))]
async fn adopt(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<NumbersAskedBody>,
) -> Result<Json<AdoptedBody>, Problem> {
    let (service, numbers, actor) = (Arc::clone(&app.service), body.numbers()?, caller.actor());
    caller.about(audit::numbers(&numbers));
    let report = to_its_end(async move { service.adopt_numbers(&numbers, actor).await }).await??;
    Ok(Json(AdoptedBody { adopted: report.adopted, not_found: report.not_found, failed: failures(report.failed) }))
}

/// What became of the numbers.
#[derive(Serialize, ToSchema)]
struct RestoredBody {
    restored: Vec<String>,
    failed: Vec<FailureBody>,
}

/// Give numbers the webhooks back that they had before ours, and set them aside.
#[utoipa::path(post, path = "/pool/restore-webhooks", operation_id = "restore_webhooks", tag = "pool",
    request_body = NumbersAskedBody,
    responses((status = 200, body = RestoredBody), (status = 400, description = "The list is empty", body = Problem),
        (status = 422, body = Problem)))]
async fn restore_webhooks(
    State(app): State<Shared>,
    caller: Caller,
    ApiJson(body): ApiJson<NumbersAskedBody>,
) -> Result<Json<RestoredBody>, Problem> {
    let (service, force, numbers) = (Arc::clone(&app.service), body.force.0, body.numbers()?);
    let actor = caller.actor();
    caller.about(audit::numbers(&numbers));
    let work = async move { service.restore_webhooks(&numbers, force, actor).await };
    let (restored, failed) = to_its_end(work).await??;
    Ok(Json(RestoredBody { restored, failed: failures(failed) }))
}
