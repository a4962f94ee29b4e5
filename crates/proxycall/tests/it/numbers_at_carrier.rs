//! `proxycall number` on numbers of the carrier's account: compared, wired, adopted, given their webhooks back, released.

use proxycall_sandbox::{
    Sandbox,
    world::{Number, Shelf},
};
use serde_json::{Value, json};

use crate::{
    numbers::{json_of, number},
    numbers_bought::{end, owned, with_carrier},
    support::*,
};

/// Where a number led before.
const HOTLINE: &str = "https://hotline.example/answer";

/// A number of client 1, of client 2, and the shop's hotline.
const ZOE: &str = "+33199000001";
const EMMA: &str = "+447700900301";
const HOT: &str = "+33199000777";

/// A carrier whose account has the clients' numbers, which lead to another service, and the hotline.
async fn moved_from_another_service() -> (Installation, Sandbox) {
    let (installation, carrier) = with_carrier().await;
    for phone in [ZOE, EMMA, HOT] {
        carrier.world().add_number(Number::new(phone).voice_url(HOTLINE));
    }
    (installation, carrier)
}

fn voice_of(carrier: &Sandbox, phone: &str) -> String {
    let number = carrier.world().numbers().into_iter().find(|number| number.phone == phone).unwrap();
    number.voice.map(|hook| hook.url).unwrap_or_default()
}

#[tokio::test]
async fn account_and_pool_are_compared_and_set_right_only_with_apply() {
    let (installation, carrier) = moved_from_another_service().await;
    let free = carrier.world().own("FR", Shelf::Mobile, 1).remove(0).phone;
    carrier.world().remove_number(EMMA);
    let before = json_of(&installation, &["list"]).await;

    let said = number(&installation, &["sync"]).await.ok();
    for (phone, what) in [
        (&*free, "would be added as available"),
        (HOT, "would be set aside"),
        (EMMA, "would be flagged as missing"),
        (ZOE, "fix-webhooks"),
    ] {
        assert!(said.lines().any(|line| line.starts_with(phone) && line.contains(what)), "{phone} {what}: {said}");
    }
    assert!(said.contains("The account has 3 numbers, the pool 2.") && said.contains("Nothing was changed"), "{said}");
    assert_eq!(json_of(&installation, &["list"]).await, before);

    let answer = json_of(&installation, &["sync", "--apply"]).await;
    for (field, expected) in [
        ("missing_numbers", json!([free])),
        ("added_numbers", json!([free])),
        ("used_elsewhere", json!([HOT])),
        ("missing_on_twilio", json!([EMMA])),
        ("back_on_twilio", json!([])),
        ("need_webhooks", json!([ZOE])),
        ("total_twilio", json!(3)),
        ("total_sheet", json!(2)),
    ] {
        assert_eq!(answer[field], expected, "{field} in {answer}");
    }
    for (phone, status) in [(&*free, "available"), (HOT, "error"), (EMMA, "missing"), (ZOE, "assigned")] {
        let history = json_of(&installation, &["history", phone]).await;
        assert_eq!(history["history"][0]["status"], status, "{phone}");
    }
    let summary = number(&installation, &["summary"]).await.ok();
    assert!(summary.contains("number_missing") && summary.contains(EMMA), "{summary}");
    end(carrier).await;
}

#[tokio::test]
async fn webhooks_are_looked_at_then_mended_and_given_back() {
    let (installation, carrier) = moved_from_another_service().await;
    let said = number(&installation, &["fix-webhooks"]).await.ok();
    assert!(said.lines().any(|line| line.starts_with(ZOE) && line.ends_with(HOTLINE)), "{said}");
    assert!(said.lines().any(|line| line.starts_with(ZOE) && line.ends_with("nowhere")), "{said}");
    assert!(said.contains("2 numbers looked at; not leading here: calls of 2, texts of 2."), "{said}");
    assert_eq!(voice_of(&carrier, ZOE), HOTLINE, "a dry run unless --apply");

    let finished =
        installation.run_at_terminal(&["number", "fix-webhooks", "--apply", "--country", "FR"], "no\n").await;
    assert!(finished.err.contains(HOTLINE) && finished.code == Some(1), "{finished:?}");
    assert_eq!(voice_of(&carrier, ZOE), HOTLINE);
    let said = number(&installation, &["fix-webhooks", "--apply", "--yes", "--country", "FR"]).await.ok();
    assert!(said.contains("1 numbers looked at; mended: calls of 1, texts of 1."), "{said}");
    assert!(voice_of(&carrier, ZOE).starts_with(PUBLIC_BASE_URL));
    assert_eq!(voice_of(&carrier, EMMA), HOTLINE, "another country's number is left alone");

    let answer = json_of(&installation, &["fix-webhooks"]).await;
    assert_eq!(answer["need_fix_voice"], json!([{"phone_number": EMMA, "current_voice_url": HOTLINE}]));
    assert_eq!((&answer["need_fix"], &answer["dry_run"]), (&answer["need_fix_voice"], &json!(true)));
    assert_eq!(answer["checked"], 2);

    let said = number(&installation, &["restore-webhooks", ZOE, EMMA, "--yes"]).await.failed();
    assert!(said.contains(&format!("{ZOE}: is assigned")), "{said}");
    let finished = installation.run_at_terminal(&["number", "restore-webhooks", ZOE, "--force"], "yes\n").await;
    assert!(finished.err.contains(&format!("will lead: calls to {HOTLINE}, texts to nowhere")), "{finished:?}");
    finished.ok();
    assert_eq!(voice_of(&carrier, ZOE), HOTLINE);
    // Set aside now, it is no failure that it stays as it is.
    let finished = number(&installation, &["fix-webhooks", "--apply", "--yes"]).await;
    assert!(finished.err.contains(&format!("{ZOE}: is set aside")), "{}", finished.err);
    finished.ok();
    end(carrier).await;
}

#[tokio::test]
async fn a_number_of_the_pool_that_the_account_does_not_have_fails_a_mending() {
    let (installation, carrier) = moved_from_another_service().await;
    carrier.world().remove_number(EMMA);
    let said = number(&installation, &["fix-webhooks", "--apply", "--yes"]).await.failed();
    assert!(said.contains(&format!("{EMMA}: is not in the carrier's account")), "{said}");
    number(&installation, &["sync", "--apply"]).await.ok();
    number(&installation, &["fix-webhooks", "--apply", "--yes"]).await.ok();
    end(carrier).await;
}

#[tokio::test]
async fn a_number_used_elsewhere_is_adopted_at_an_operators_word() {
    let (installation, carrier) = moved_from_another_service().await;
    let adopt = ["number", "adopt", HOT, "+33199009999"];
    let finished = installation.run_at_terminal(&adopt, "no\n").await;
    assert!(finished.err.contains(&format!("leads now: calls to {HOTLINE}")), "{}", finished.err);
    assert!(finished.err.contains("nothing: is not in the carrier's account"), "{}", finished.err);
    assert_eq!(voice_of(&carrier, HOT), HOTLINE);

    let finished = number(&installation, &["adopt", HOT, "+33199009999", "--yes", "--json"]).await;
    assert_eq!(finished.code, Some(1), "one of the two is not there");
    let answer: Value = serde_json::from_str(&finished.out).unwrap();
    assert_eq!(answer, json!({"adopted": [HOT], "not_found": ["+33199009999"], "failed": []}));
    assert!(voice_of(&carrier, HOT).starts_with(PUBLIC_BASE_URL));
    let said = number(&installation, &["adopt", HOT, "--yes"]).await.ok();
    assert!(said.lines().any(|line| line.starts_with(HOT) && line.contains("available")), "{said}");
    end(carrier).await;
}

#[tokio::test]
async fn numbers_are_given_back_unless_they_are_in_use_or_unknown() {
    let (installation, carrier) = moved_from_another_service().await;
    let free = carrier.world().own("FR", Shelf::Mobile, 1).remove(0).phone;
    number(&installation, &["adopt", &free, "--yes"]).await.ok();
    let finished = number(&installation, &["release", &free, ZOE, HOT, "+33199009999", "--yes"]).await;
    assert_eq!((finished.code, finished.out), (Some(1), format!("{free} was given back.\n")));
    for (phone, why) in [(ZOE, "is assigned"), (HOT, "is not in the pool"), ("+33199009999", "is not in the carrier's")]
    {
        assert!(finished.err.lines().any(|line| line.starts_with(phone) && line.contains(why)), "{}", finished.err);
    }
    assert_eq!(owned(&carrier), [ZOE, HOT, EMMA]);

    let answer = json_of(&installation, &["release", ZOE, HOT, "--force", "--yes"]).await;
    assert_eq!(answer, json!({"released": [ZOE, HOT], "not_found": [], "failed": []}));
    assert_eq!(owned(&carrier), [EMMA]);
    carrier.world().remove_number(EMMA);
    let said = number(&installation, &["release", EMMA, "--force", "--yes"]).await.ok();
    assert_eq!(said, format!("{EMMA} has left the pool; the carrier's account did not have it.\n"));
    let left = json_of(&installation, &["list", "--status", "released"]).await;
    assert_eq!(left["numbers"].as_array().unwrap().len(), 3, "the hotline was never in the pool: {left}");
    end(carrier).await;
}
