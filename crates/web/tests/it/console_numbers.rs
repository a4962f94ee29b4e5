//! The console's pages about numbers: what is shown before it is done, what is done once, and what is taken back.

use jiff::SignedDuration;
use proxycall_domain::{NumberStatus, NumberType};
use proxycall_service::{pool::PoolConfig, ports::Ledger as _};
use proxycall_testkit::{
    Console, TestApp,
    app::{CLIENT, COURIER, PUBLIC_BASE_URL, pool_config, run_page_test, run_pool_test, run_test_on_both},
    console::hidden,
    reqwest::StatusCode,
    run_test,
    sandbox::{Fault, endpoints::Operation, world::Number},
};

use crate::{
    access::token,
    ask::column,
    idempotency::{SLOW, hurried},
};

const SPARE: &str = "+33199000777";
const SPARE_PAGE: &str = "/console/numbers/33199000777";

fn page_of(number: &str) -> String {
    format!("/console/numbers/{}", number.trim_start_matches('+'))
}

async fn status_of(app: &TestApp, number: &str) -> NumberStatus {
    app.store.number(number.parse().unwrap()).await.unwrap().unwrap().status
}

async fn actions(app: &TestApp) -> Vec<String> {
    let (_, acts) = app.get("/audit?limit=500").await;
    column(&acts, "acts", "action").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_pool_is_shown_by_country_and_its_numbers_by_state() {
    run_test_on_both(async |app| {
        let console = app.console().await;
        assert!(console.page("/console/numbers").await.contains("No number yet"));
        app.client(1, CLIENT).await;
        app.number(SPARE, "FR", NumberType::Local).await;
        app.number("+447700900777", "GB", NumberType::Mobile).await;
        let page = console.page("/console/numbers").await;
        for shown in ["France · local", "United Kingdom · mobile", "+33 1 99 00 07 77", "Client 1", "assigned"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let free = console.page("/console/numbers?status=available&country=FR&type=local").await;
        assert!(free.contains("+33 1 99 00 07 77") && !free.contains("Client 1") && !free.contains("+44 770"));
        assert!(console.page("/console/numbers?status=missing").await.contains("No number matches"));
        assert!(!page.contains(CLIENT) && !page.contains("639980001"));
        assert_eq!(console.get("/console/numbers/33199000778").await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_long_list_goes_on_by_key() {
    run_test(async |app| {
        for n in 0..55 {
            app.number(&format!("+331990002{n:02}"), "FR", NumberType::Local).await;
        }
        let console = app.console().await;
        let first = console.page("/console/numbers?country=FR").await;
        assert!(first.contains("+33 1 99 00 02 49") && !first.contains("+33 1 99 00 02 50"));
        let more = first
            .split("hx-get=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .replace("&amp;", "&")
            .replace("&#38;", "&");
        assert_eq!(more, "/console/numbers?country=FR&after=33199000249");
        let second = console.page(&more).await;
        assert!(second.contains("+33 1 99 00 02 50") && !second.contains("+33 1 99 00 02 49"));
        assert!(!second.contains("hx-get="), "nothing follows");
    })
    .await;
}

#[tokio::test]
async fn a_number_is_given_taken_away_and_given_back() {
    run_test_on_both(async |app| {
        let first = app.client(1, CLIENT).await;
        app.number(SPARE, "FR", NumberType::Local).await;
        let console = app.console().await;
        let had = console.act(&format!("{SPARE_PAGE}/assign"), &[("client_id", "1")]).await;
        assert!(had.contains("has a number already") && had.contains("free"), "{had}");

        let refused = console.post(&format!("{}/quarantine", page_of(&first)), &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.html);
        let taken = console.act(&format!("{}/quarantine", page_of(&first)), &[("force", "yes")]).await;
        assert!(taken.contains("The client has this number no more"), "{taken}");
        assert_eq!(status_of(app, &first).await, NumberStatus::Quarantined);
        // The form that takes it back stands on the page.
        assert_eq!(hidden(&taken, "client_id").as_deref(), Some("1"));
        let back = console.act(&format!("{}/assign", page_of(&first)), &[("client_id", "1")]).await;
        assert!(back.contains("Number assigned") && back.contains("Client 1"));

        console.act(&format!("{}/quarantine", page_of(&first)), &[("force", "yes")]).await;
        let page = console.act(&format!("{SPARE_PAGE}/assign"), &[("client_id", "1")]).await;
        assert!(page.contains("Number assigned") && page.contains("given to this client by an operator"), "{page}");
        app.call(COURIER, SPARE).await;
        let page = console.page(SPARE_PAGE).await;
        assert!(page.contains("+****0002") && !page.contains(COURIER) && !page.contains(CLIENT), "{page}");
        let actions = actions(app).await;
        assert!(
            actions.contains(&"assign_this_number".to_owned()) && actions.contains(&"quarantine_numbers".to_owned())
        );
    })
    .await;
}

#[tokio::test]
async fn a_number_from_abroad_is_given_with_a_warning_and_an_unknown_client_gets_none() {
    run_test(async |app| {
        let first = app.client(1, CLIENT).await;
        app.number("+447700900777", "GB", NumberType::Mobile).await;
        let console = app.console().await;
        let path = "/console/numbers/447700900777/assign";
        assert_eq!(console.post(path, &[("client_id", "9")]).await.status, StatusCode::NOT_FOUND);
        let wrong = console.post(path, &[("client_id", "Zoé")]).await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && !wrong.html.contains("Zoé"), "{}", wrong.html);
        console.act(&format!("{}/quarantine", page_of(&first)), &[("force", "yes")]).await;
        assert!(console.act(path, &[("client_id", "1")]).await.contains("lives in another country"));
    })
    .await;
}

#[tokio::test]
async fn what_was_put_to_rest_or_aside_comes_back() {
    run_test_on_both(async |app| {
        app.number(SPARE, "FR", NumberType::Local).await;
        let console = app.console().await;
        let act = async |name: &str| console.act(&format!("{SPARE_PAGE}/{name}"), &[]).await;
        let resting = act("quarantine").await;
        assert!(resting.contains("The number rests.") && resting.contains(&format!("{SPARE_PAGE}/free")), "{resting}");
        assert!(act("free").await.contains("back in the pool"));
        assert_eq!(status_of(app, SPARE).await, NumberStatus::Available);
        assert!(act("aside").await.contains("Number set aside."));
        assert_eq!(status_of(app, SPARE).await, NumberStatus::Error);
        assert!(act("adopt").await.contains("back in use"));
        assert_eq!(status_of(app, SPARE).await, NumberStatus::Available);
        assert_eq!(console.post(&format!("{SPARE_PAGE}/free"), &[]).await.status, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn after_a_client_a_number_rests_for_what_its_country_asks() {
    run_test(async |app| {
        let number = app.client(1, CLIENT).await;
        let console = app.console().await;
        console.act(&format!("{}/quarantine", page_of(&number)), &[("force", "yes")]).await;
        app.clock.advance(SignedDuration::from_hours(11));
        let free = format!("{}/free", page_of(&number));
        let early = app.console().await.post(&free, &[]).await;
        assert!(early.status == StatusCode::CONFLICT && early.html.contains("26 Nov 09:00"), "{}", early.html);
        app.clock.advance(SignedDuration::from_hours(62));
        app.console().await.act(&free, &[]).await;
        assert_eq!(status_of(app, &number).await, NumberStatus::Available);
    })
    .await;
}

#[tokio::test]
async fn a_clients_number_is_given_back_to_the_carrier_only_by_whoever_says_so() {
    run_test_on_both(async |app| {
        let number = app.client(1, CLIENT).await;
        let (console, path) = (app.console().await, format!("{}/release", page_of(&number)));
        let kept = console.post(&path, &[]).await;
        assert!(
            kept.status == StatusCode::CONFLICT && kept.html.contains("A client uses this number"),
            "{}",
            kept.html
        );
        // Set aside it is the client's still.
        console.act(&format!("{}/aside", page_of(&number)), &[]).await;
        assert_eq!(console.post(&path, &[]).await.status, StatusCode::CONFLICT);
        let page = console.act(&path, &[("force", "yes")]).await;
        assert!(page.contains("The number was given back to Twilio."), "{page}");
        assert_eq!(status_of(app, &number).await, NumberStatus::Released);
        assert!(app.world.numbers().is_empty());
        let again = console.post(&path, &[("force", "yes")]).await;
        assert!(again.status == StatusCode::CONFLICT && again.html.contains("already"), "{}", again.html);
    })
    .await;
}

const WISH: [(&str, &str); 4] = [("country", "FR"), ("type", "mobile"), ("quantity", "2"), ("texts", "no")];

#[tokio::test]
async fn numbers_are_shown_with_rules_and_bought_once_however_often_the_form_is_sent() {
    run_test_on_both(async |app| {
        let console = app.console().await;
        let offer = console.page("/console/numbers/buy?country=FR&type=mobile&quantity=2").await;
        for shown in ["For sale right now", "Between people only", "Bought today", "Phone Numbers › Buy a number"] {
            assert!(offer.contains(shown), "{shown}: {offer}");
        }
        assert!(app.world.numbers().is_empty(), "looking buys nothing");
        let once = hidden(&offer, "once").unwrap();
        let mut fields = WISH.to_vec();
        fields.push(("once", &once));
        let first = console.post("/console/numbers/buy", &fields).await;
        let second = console.post("/console/numbers/buy", &fields).await;
        assert_eq!((first.status, &first.location), (StatusCode::SEE_OTHER, &second.location));
        assert_eq!(app.world.numbers().len(), 2);
        let result = console.page(&first.location).await;
        assert!(result.contains("2 numbers were bought") && result.contains("free"), "{result}");
        // An address that names what was never bought shows nothing of it.
        let made_up = console.page("/console/numbers/buy/result?asked=1&bought=33639989999").await;
        assert!(made_up.contains("No number was bought"));
        assert!(actions(app).await.contains(&"buy_numbers".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn a_form_that_takes_longer_than_anybody_waits_buys_once_and_shows_what_came_of_it_when_it_is_sent_again() {
    run_page_test(hurried(), async |app| {
        let console = app.console().await;
        app.world.fail_next_of(Operation::BuyNumber, SLOW);
        let mut fields = WISH.to_vec();
        fields.push(("once", "a"));
        for seconds in [120, 0] {
            let waiting = console.post("/console/numbers/buy", &fields).await;
            assert_eq!(waiting.status, StatusCode::SERVICE_UNAVAILABLE, "{}", waiting.html);
            app.clock.advance(SignedDuration::from_secs(seconds));
        }
        let shown = loop {
            let again = console.post("/console/numbers/buy", &fields).await;
            if again.status != StatusCode::SERVICE_UNAVAILABLE {
                break again;
            }
        };
        assert_eq!((shown.status, app.world.numbers().len()), (StatusCode::SEE_OTHER, 2));
        assert!(console.page(&shown.location).await.contains("2 numbers were bought"));
    })
    .await;
}

#[tokio::test]
async fn why_nothing_was_bought_is_said_with_what_to_do() {
    let pool = PoolConfig { max_purchases_per_day: 1, ..pool_config() };
    run_pool_test(pool, async |app| {
        let console = app.console().await;
        let buy = async |once: &str| {
            let mut fields = WISH.to_vec();
            fields.push(("once", once));
            console.act("/console/numbers/buy", &fields).await
        };
        let some = buy("a").await;
        assert!(
            some.contains("1 / 2 numbers were bought") && some.contains("ceiling of purchases is reached"),
            "{some}"
        );
        assert!(buy("b").await.contains("No number was bought"));
        let none = console.page("/console/numbers/buy?country=AQ&type=local&quantity=1").await;
        assert!(none.contains("Twilio sells no number of this type") && !none.contains("name=\"once\""), "{none}");
        let wrong = console.get("/console/numbers/buy?country=FR&type=mobile&quantity=0").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn a_comparison_changes_nothing_until_it_is_applied() {
    run_test(async |app| {
        app.world.add_number(Number::new(SPARE));
        app.world.add_number(Number::new("+33199000778").voice_url("https://hotline.example/answer"));
        let console = app.console().await;
        let looked = console.page("/console/numbers/sync").await;
        assert!(looked.contains("To be added to the pool") && looked.contains("Used elsewhere"), "{looked}");
        assert!(app.store.number(SPARE.parse().unwrap()).await.unwrap().is_none());
        let applied = console.act("/console/numbers/sync", &[]).await;
        assert!(applied.contains("It is applied"), "{applied}");
        assert_eq!(status_of(app, SPARE).await, NumberStatus::Available);
        assert_eq!(status_of(app, "+33199000778").await, NumberStatus::Error);
        let hotline = console.page("/console/numbers/33199000778").await;
        assert!(hotline.contains("used elsewhere") && hotline.contains("Put back to use"));
    })
    .await;
}

#[tokio::test]
async fn where_numbers_lead_is_shown_and_then_mended_one_or_all() {
    run_test(async |app| {
        for number in [SPARE, "+33199000778"] {
            app.number(number, "FR", NumberType::Local).await;
            app.world.add_number(Number::new(number).voice_url("https://elsewhere.example/call"));
        }
        let voice = |number: &str| {
            let known = app.world.numbers().into_iter().find(|known| known.phone == number).unwrap();
            known.voice.map(|hook| hook.url).unwrap_or_default()
        };
        let console = app.console().await;
        let all = console.page("/console/numbers/webhooks").await;
        assert!(all.contains("https://elsewhere.example/call") && all.contains("Numbers checked: 2"), "{all}");
        let one = console.page(&format!("{SPARE_PAGE}/webhooks")).await;
        assert!(one.contains("https://elsewhere.example/call") && !one.contains("+33 1 99 00 07 78"), "{one}");
        assert!(console.act(&format!("{SPARE_PAGE}/webhooks"), &[]).await.contains("lead here"));
        let ours = format!("{PUBLIC_BASE_URL}/twilio/voice");
        assert!(voice(SPARE).starts_with(&ours), "{}", voice(SPARE));
        assert_eq!(voice("+33199000778"), "https://elsewhere.example/call");
        let done = console.act("/console/numbers/webhooks", &[]).await;
        assert!(done.contains("The webhooks were mended") && done.contains("All lead here"), "{done}");
        assert!(voice("+33199000778").starts_with(&ours));
    })
    .await;
}

#[tokio::test]
async fn a_carrier_that_does_not_answer_is_said_on_the_page_and_nothing_is_lost() {
    run_test(async |app| {
        let number = app.client(1, CLIENT).await;
        let console = app.console().await;
        for _ in 0..3 {
            app.world.fail_next_of(Operation::ListNumbers, Fault::Status(500));
        }
        let shown = console.get("/console/numbers/sync").await;
        assert!(shown.status.is_server_error() && shown.html.contains("The carrier does not answer"), "{}", shown.html);
        // What the store knows is shown all the same.
        assert!(console.page(&page_of(&number)).await.contains("Client 1"));
    })
    .await;
}

#[tokio::test]
async fn who_may_only_look_sees_no_button_and_may_not_act() {
    run_test(async |app| {
        app.number(SPARE, "FR", NumberType::Local).await;
        let reader = token(app, "reader", "read").await;
        let console = Console::sign_in(app, &reader).await;
        let list = console.page("/console/numbers").await;
        assert!(!list.contains("/console/numbers/buy"));
        let page = console.page(SPARE_PAGE).await;
        assert!(!page.contains(&format!("action=\"{SPARE_PAGE}")), "{page}");
        for (act, fields) in [("assign", vec![("client_id", "1")]), ("quarantine", vec![]), ("release", vec![])] {
            let refused = console.post(&format!("{SPARE_PAGE}/{act}"), &fields).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{act}");
        }
        assert_eq!(console.post("/console/numbers/buy", &WISH).await.status, StatusCode::FORBIDDEN);
        assert_eq!(console.get("/console/numbers/buy").await.status, StatusCode::FORBIDDEN);
        assert_eq!(console.post("/console/numbers/sync", &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(status_of(app, SPARE).await, NumberStatus::Available);
    })
    .await;
}
