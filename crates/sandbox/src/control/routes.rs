//! Promises: the server's side of the control API.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    routing::{get, post},
};

use super::{CallRequest, FaultRequest, GoogleFaultRequest, KeysRequest, MailFaultRequest, Sale, Summary, TextRequest};
use crate::{
    call::CallScript,
    geography::{is_e164, is_name, without_channel},
    mailbox::ReceivedMail,
    refusal::Refusal,
    text::TextScript,
    transcript::{Event, Transcript},
    world::{Handset, MessageDirection, MessageStatus, Number, World},
};

/// How long a text's transcript waits for what the service sends on because of it. The service acknowledges a text
/// first and relays it from a job a moment later.
const RELAY_LIMIT: Duration = Duration::from_secs(5);
/// Twilio takes at most 10 media with one text.
const MOST_MEDIA: usize = 10;

pub(crate) fn router(world: World) -> Router {
    Router::new()
        .route("/calls", post(calls))
        .route("/texts", post(texts))
        .route("/handsets", get(handsets))
        .route("/world", get(summary))
        .route("/numbers", get(numbers))
        .route("/placed-calls", get(placed_calls))
        .route("/keys", post(keys))
        .route("/faults", post(faults))
        .route("/sold", post(sold))
        .route("/mails", get(mails))
        .route("/mail-faults", post(mail_faults))
        .route("/google-faults", post(google_faults))
        .with_state(world)
}

async fn calls(
    State(world): State<World>,
    request: Result<Json<CallRequest>, JsonRejection>,
) -> Result<Json<Transcript>, Refusal> {
    let Json(request) = request?;
    known_number(&world, &request.to)?;
    pick_up(&world, &request.from);
    let script = CallScript {
        answer: request.answer,
        digits: request.digits.into(),
        seconds: request.seconds,
        ..CallScript::new(request.from, request.to)
    };
    Ok(Json(world.call(script).await))
}

async fn texts(
    State(world): State<World>,
    request: Result<Json<TextRequest>, JsonRejection>,
) -> Result<Json<Transcript>, Refusal> {
    let Json(request) = request?;
    if !is_name(&request.to) {
        known_number(&world, &request.to)?;
    }
    if request.media > MOST_MEDIA {
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, format!("media is at most {MOST_MEDIA}")));
    }
    pick_up(&world, &request.from);
    let proxy = without_channel(&request.to).to_owned();
    let earlier: Vec<String> = sent_from(&world, &proxy).into_iter().map(|(sid, _)| sid).collect();
    let script = TextScript { media: request.media, ..TextScript::new(request.from, request.to, request.body) };
    let mut transcript = world.text(script).await;
    if relay_expected(&transcript) {
        let relayed = world
            .wait_for(RELAY_LIMIT, |world| {
                sent_from(world, &proxy).into_iter().find(|(sid, _)| !earlier.contains(sid)).map(|(_, event)| event)
            })
            .await;
        transcript.events.extend(relayed);
    }
    world.settle().await;
    Ok(Json(transcript))
}

/// A text that was answered by a text, or not at all, is relayed to nobody.
fn relay_expected(transcript: &Transcript) -> bool {
    let ends_here =
        |event: &Event| matches!(event, Event::Received { .. } | Event::NotDelivered { .. } | Event::Error { .. });
    transcript.events.iter().any(|event| matches!(event, Event::Webhook { .. }))
        && !transcript.events.iter().any(ends_here)
}

/// The texts that the service sent from `number` and whose delivery is decided, with what became of each.
fn sent_from(world: &World, number: &str) -> Vec<(String, Event)> {
    let sent = |message: &&crate::world::Message| {
        message.direction == MessageDirection::OutboundApi && message.from == number && message.status.is_final()
    };
    world.ask(|state| {
        let event = |message: &crate::world::Message| {
            let phone = message.to.clone();
            let event = if message.status == MessageStatus::Delivered {
                Event::Received { phone, from: message.from.clone(), body: message.body.clone() }
            } else {
                Event::NotDelivered { phone, code: message.error_code.unwrap_or_default() }
            };
            (message.sid.clone(), event)
        };
        state.messages.iter().filter(sent).map(event).collect()
    })
}

async fn handsets(State(world): State<World>) -> Json<Vec<Handset>> {
    Json(world.handsets())
}

async fn summary(State(world): State<World>) -> Json<Summary> {
    Json(world.ask(|state| Summary {
        account_sid: state.account.sid.clone(),
        numbers: state.numbers.keys().cloned().collect(),
        handsets: state.handsets.len(),
        calls: state.calls.len(),
        messages: state.messages.len(),
        requests: state.requests.len(),
        errors: state.errors.iter().map(|error| format!("{}: {}", error.code, error.detail)).collect(),
        violations: state.violations.iter().map(ToString::to_string).collect(),
    }))
}

async fn numbers(State(world): State<World>) -> Json<Vec<Number>> {
    Json(world.numbers())
}

async fn placed_calls(State(world): State<World>) -> Json<Vec<Transcript>> {
    Json(world.placed_calls())
}

async fn faults(
    State(world): State<World>,
    request: Result<Json<FaultRequest>, JsonRejection>,
) -> Result<Json<()>, Refusal> {
    let Json(FaultRequest { fault, operation }) = request?;
    match operation {
        Some(operation) => world.fail_next_of(operation, fault),
        None => world.fail_next(fault),
    }
    Ok(Json(()))
}

async fn keys(
    State(world): State<World>,
    request: Result<Json<KeysRequest>, JsonRejection>,
) -> Result<Json<()>, Refusal> {
    let Json(KeysRequest { phone, keys }) = request?;
    if !is_e164(&phone) {
        return Err(Refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "phone must be in E.164, such as +33639980001".to_owned(),
        ));
    }
    world.set_keys(&phone, keys);
    Ok(Json(()))
}

async fn sold(State(world): State<World>, request: Result<Json<Sale>, JsonRejection>) -> Result<Json<()>, Refusal> {
    let Json(sale) = request?;
    world.sell_to_others(&sale.phone);
    Ok(Json(()))
}

async fn mails(State(world): State<World>) -> Json<Vec<ReceivedMail>> {
    Json(world.mails())
}

async fn mail_faults(
    State(world): State<World>,
    request: Result<Json<MailFaultRequest>, JsonRejection>,
) -> Result<Json<()>, Refusal> {
    let Json(MailFaultRequest { fault }) = request?;
    world.fail_next_mail(fault);
    Ok(Json(()))
}

async fn google_faults(
    State(world): State<World>,
    request: Result<Json<GoogleFaultRequest>, JsonRejection>,
) -> Result<Json<()>, Refusal> {
    let Json(GoogleFaultRequest { fault, kind }) = request?;
    match kind {
        Some(kind) => world.google().fail_next_of(kind, fault),
        None => world.google().fail_next(fault),
    }
    Ok(Json(()))
}

/// Whoever calls or texts has a phone: one is put into the world, so that it can be called back.
fn pick_up(world: &World, from: &str) {
    let phone = without_channel(from);
    let known = world.ask(|state| state.handsets.contains_key(phone) || state.numbers.contains_key(phone));
    if is_e164(phone) && !known {
        world.add_handset(Handset::new(phone));
    }
}

fn known_number(world: &World, to: &str) -> Result<(), Refusal> {
    let numbers = world.numbers();
    if numbers.iter().any(|number| number.phone == without_channel(to)) {
        return Ok(());
    }
    let known: Vec<&str> = numbers.iter().map(|number| number.phone.as_str()).collect();
    let detail = format!("{to} is no number of this sandbox; it has: {}", known.join(", "));
    Err(Refusal(StatusCode::NOT_FOUND, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Fault, Options, Sandbox,
        control::{Client, ClientError},
        endpoints::Operation,
        test_service::{TestService, number},
        world::{Behaviour, Handset, Shelf},
    };

    const PROXY: &str = "+33199000001";
    const CLIENT: &str = "+33639980001";
    const COURIER: &str = "+33639980002";

    async fn start(service: &TestService) -> (Sandbox, Client) {
        let options = Options { numbers: vec![number(PROXY, service)], ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        sandbox.world().add_handset(Handset::new(CLIENT));
        let client = Client::new(sandbox.base_url()).unwrap();
        (sandbox, client)
    }

    #[tokio::test]
    async fn a_call_made_from_outside_gives_the_same_transcript_and_a_new_caller_gets_a_handset() {
        let service = TestService::start(|_| {
            TestService::twiml(r#"<Dial callerId="+33199000001"><Number>+33639980001</Number></Dial>"#)
        })
        .await;
        let (sandbox, client) = start(&service).await;
        let call = CallRequest { from: COURIER.into(), to: PROXY.into(), ..CallRequest::default() };
        let transcript = client.call(&call).await.unwrap();
        assert_eq!(transcript.connected(), Some((COURIER, CLIENT)));
        let busy = CallRequest { answer: Some(Behaviour::Busy), ..call };
        assert_eq!(client.call(&busy).await.unwrap().connected(), None);
        let phones: Vec<String> = client.handsets().await.unwrap().into_iter().map(|handset| handset.phone).collect();
        assert_eq!(phones, [CLIENT, COURIER]);
        assert_eq!(client.summary().await.unwrap().calls, 4);
        sandbox.shutdown().await;
    }

    /// The service relays by the API from a task that starts when it has answered.
    #[tokio::test]
    async fn a_texts_transcript_ends_with_what_was_relayed_because_of_it() {
        let service = TestService::start(|_| TestService::twiml("")).await;
        let (sandbox, client) = start(&service).await;
        let world = sandbox.world();
        let api = sandbox.base_url();
        let relay = tokio::spawn(async move {
            let asked = world
                .wait_for(crate::test_service::LIMIT, |world| {
                    let webhook = world.webhooks().into_iter().next()?;
                    webhook.params.into_iter().find(|(name, _)| name == "Body").map(|(_, body)| body)
                })
                .await;
            let account = world.account();
            let form = [("From", PROXY), ("To", CLIENT), ("Body", asked.as_deref().unwrap())];
            crate::server::loopback_client()
                .unwrap()
                .post(format!("{api}/2010-04-01/Accounts/{}/Messages.json", account.sid))
                .basic_auth(account.sid, Some(account.auth_token))
                .form(&form)
                .send()
                .await
                .unwrap()
                .status()
        });
        let text = TextRequest { from: COURIER.into(), to: PROXY.into(), body: "Je suis en bas".into(), media: 0 };
        let transcript = client.text(&text).await.unwrap();
        assert_eq!(relay.await.unwrap(), 201);
        assert_eq!(
            transcript.to_string(),
            "+33639980002 texts +33199000001: \"Je suis en bas\"\n  \
             +33639980001 receives from +33199000001: \"Je suis en bas\"\n"
        );
        sandbox.shutdown().await;
    }

    #[tokio::test]
    async fn a_text_answered_by_a_text_is_not_waited_for() {
        let service = TestService::start(|_| TestService::twiml("<Message>Non remis</Message>")).await;
        let (sandbox, client) = start(&service).await;
        let text = TextRequest { from: COURIER.into(), to: PROXY.into(), body: "Bonjour".into(), media: 0 };
        let transcript = client.text(&text).await.unwrap();
        assert_eq!(transcript.received()[0].0, COURIER);
        sandbox.shutdown().await;
    }

    #[tokio::test]
    async fn what_cannot_be_done_says_why() {
        let service = TestService::start(|_| TestService::twiml("")).await;
        let (sandbox, client) = start(&service).await;
        let call = CallRequest { from: COURIER.into(), to: "+33199009999".into(), ..CallRequest::default() };
        let refused = client.call(&call).await.unwrap_err();
        assert!(refused.to_string().contains(PROXY), "{refused}");
        sandbox.shutdown().await;
        let gone = client.call(&call).await.unwrap_err();
        assert!(matches!(gone, ClientError::NotRunning { .. }));
        assert!(gone.to_string().contains("cargo run --release -- sandbox"), "{gone}");
    }

    #[tokio::test]
    async fn a_test_in_another_process_sees_the_numbers_and_makes_the_carrier_fail() {
        let service = TestService::start(|_| TestService::twiml("")).await;
        let (sandbox, client) = start(&service).await;
        assert_eq!(client.numbers().await.unwrap(), sandbox.world().numbers());
        for (operation, fault) in [
            (Some(Operation::SearchNumbers), Fault::StatusWithRetryAfter(429, 7)),
            (None, Fault::Slow(Duration::from_millis(1))),
        ] {
            client.fail_next(&FaultRequest { fault, operation }).await.unwrap();
        }
        client.sell_to_others("+33639985000").await.unwrap();
        assert_eq!(sandbox.world().numbers_for_sale("FR", Shelf::Mobile, 1), ["+33639985001"]);
        let taken = |operation| sandbox.world().change(|state| state.faults.take(operation));
        assert_eq!(taken(Some(Operation::BuyNumber)), Some(Fault::Slow(Duration::from_millis(1))));
        assert_eq!(taken(Some(Operation::BuyNumber)), None);
        assert_eq!(taken(Some(Operation::SearchNumbers)), Some(Fault::StatusWithRetryAfter(429, 7)));
        assert_eq!(client.placed_calls().await.unwrap(), []);
        let request = GoogleFaultRequest { fault: Fault::Html(503), kind: None };
        client.fail_next_google(&request).await.unwrap();
        let url = format!("{}/drive/v3/files", sandbox.base_url());
        let answer = || async { crate::server::loopback_client().unwrap().get(&url).send().await.unwrap().status() };
        assert_eq!((answer().await.as_u16(), answer().await.as_u16()), (503, 401));
        sandbox.shutdown().await;
    }
}
