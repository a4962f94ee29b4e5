//! Every page of the console on a day in a shop: with what a day brings on it, each is free of what keeps people out.
//! `scripts/screenshots` makes the documentation's pictures of it.

use jiff::SignedDuration;
use proxycall_domain::NumberType;
use proxycall_testkit::{
    TestApp,
    app::{Outside, run_page_test},
    browser::Browser,
    sandbox::{
        CallScript,
        google::Spreadsheet,
        world::{Behaviour, Handset},
    },
};
use serde_json::json;

use crate::{
    console::enter,
    pages::{assert_quiet, picture_of_window, scan_in},
};

/// Each page is looked at in all looks elsewhere; here with much on it.
const LOOKS: [(u32, u32, &str); 2] = [(1440, 900, "light"), (390, 844, "dark")];
const COURIERS: [&str; 4] = ["+33639980201", "+33639980202", "+33639980203", "+33639980204"];
const CLIENTS: [(&str, &str); 6] = [
    ("Zoé Martin", "zoe.martin@example.com"),
    ("Louis Bernard", "louis.bernard@example.com"),
    ("Emma Petit", "emma.petit@example.com"),
    ("Hugo Moreau", "hugo.moreau@example.com"),
    ("Chloé Lefèvre", "chloe.lefevre@example.com"),
    ("Jules Fontaine", "jules.fontaine@example.com"),
];

/// Clients with orders, calls and texts with each outcome, a caller who is blocked, a change of phone that waits for a word,
/// and numbers in several states.
async fn a_day(app: &TestApp) {
    let mut proxies = Vec::new();
    for (n, (name, mail)) in (1_u32..).zip(CLIENTS) {
        let (phone, proxy) = (format!("+3363998010{n}"), format!("+3319900200{n}"));
        app.client_with(&proxy, "FR", n, &phone).await;
        app.put(&format!("/clients/{n}"), json!({ "client_name": name, "client_mail": mail })).await;
        let order = json!({
            "order_id": format!("A-10{n:02}"), "client_id": n.to_string(), "client_name": name, "client_mail": mail,
            "client_real_phone": phone,
        });
        app.post("/orders", order).await;
        proxies.push((proxy, phone));
    }
    for n in 1..=3 {
        app.number(&format!("+3319900210{n}"), "FR", NumberType::Local).await;
    }
    let behaviours = [Behaviour::Answer, Behaviour::Answer, Behaviour::NoAnswer, Behaviour::Answer, Behaviour::Busy];
    let turns = behaviours.into_iter().cycle().zip(proxies.iter().cycle()).zip(COURIERS.into_iter().cycle());
    for (turn, ((behaviour, (proxy, phone)), courier)) in turns.take(16).enumerate() {
        app.clock.advance(SignedDuration::from_secs(1_700));
        let seconds = Some(20 + 17 * u32::try_from(turn).unwrap_or_default());
        app.call_with(CallScript { answer: Some(behaviour), seconds, ..CallScript::new(courier, proxy) }).await;
        if turn % 3 == 0 {
            app.text(courier, proxy, "Je suis en bas de chez vous.").await;
            app.text(phone, proxy, "J’arrive !").await;
        }
    }
    let Some((proxy, phone)) = proxies.get(4) else { panic!("there are six clients") };
    app.world.add_handset(Handset { undeliverable: Some(30003), ..Handset::new(phone.as_str()) });
    app.text(COURIERS[0], proxy, "Où êtes-vous ?").await;
    app.call("+14155550132", proxy).await;
    app.call(COURIERS[1], "+33199002103").await;
    app.post("/blocks", json!({ "phone": COURIERS[3], "client_id": "2", "reason": "appelle la nuit" })).await;
    app.post("/clients/6/pause", json!({})).await;
    app.post("/pool/quarantine", json!({ "numbers": ["+33199002103"] })).await;
    app.post("/tokens", json!({ "name": "boutique", "scope": "operate" })).await;
    change_of_phone(app).await;
    app.mirror().await;
}

/// Client 1 proves a new phone, while the old one has a say.
async fn change_of_phone(app: &TestApp) {
    let (new, sender) = ("+33639980305", "+33199002101");
    app.world.add_handset(Handset::new(new));
    let request = json!({
        "pending_id": "P-1", "client_name": CLIENTS[0].0, "client_mail": CLIENTS[0].1,
        "client_real_phone": new, "country_iso": "FR", "number_type": "national",
    });
    app.post("/confirmations/create", request).await;
    app.drain_jobs().await;
    let Some(text) = app.world.inbox(new).pop() else { panic!("no code came") };
    let code = text.body.split(|sign: char| !sign.is_ascii_digit()).find(|group| group.len() == 6);
    app.text(new, sender, code.expect("a code")).await;
    app.drain_jobs().await;
}

#[tokio::test]
async fn every_page_of_a_day_in_a_shop_is_accessible_and_quiet() {
    let outside = Outside { sheet: Some(Spreadsheet::proxycall("ProxyCall")), ..Outside::default() };
    run_page_test(outside, async |app| {
        a_day(app).await;
        let browser = Browser::start().await;
        browser.open(&format!("{}/console/login?lang=en", app.address)).await;
        picture_of_window(&browser, "login").await;
        enter(app, &browser, "/console/today?lang=en").await;
        for (name, page, shows) in [
            ("today", "today", "Needs attention"),
            ("clients", "clients", "Zoé Martin"),
            ("client", "clients/5", "Chloé Lefèvre"),
            ("numbers", "numbers", "Stock by country"),
            ("number", "numbers/33199002001", "Zoé Martin"),
            ("buy", "numbers/buy?country=FR&type=local&quantity=1", "For sale right now"),
            ("confirmations", "confirmations", "Zoé Martin"),
            ("confirmation", "confirmations/P-1", "Zoé Martin"),
            ("activity", "activity", "no answer"),
            ("sheet", "sheet", "Clients"),
            ("reports", "reports", "With a proxy number"),
            ("health", "health", "Carrier account"),
            ("settings", "settings", "How long data is kept"),
            ("sentences", "settings/texts?edit=phrase.call.busy.fr", "Sentences"),
            ("tokens", "settings/tokens", "boutique"),
            ("blocks", "settings/blocks", "appelle la nuit"),
            ("audit", "settings/audit", "Audit log"),
        ] {
            browser.look(1440, 900, "light").await;
            browser.open(&format!("{}/console/{page}", app.address)).await;
            browser.await_text(shows).await;
            browser.still().await;
            picture_of_window(&browser, name).await;
            scan_in(&browser, &format!("tour-{name}"), LOOKS).await;
        }
        assert_quiet(&browser).await;
        browser.quit().await;
    })
    .await;
}
