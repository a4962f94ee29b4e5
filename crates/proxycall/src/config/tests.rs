use proxycall_domain::TextSender;
use proxycall_notify::SmtpTls;

use super::{variables::VARIABLES, *};

const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn usable() -> Vec<(&'static str, String)> {
    [
        ("PUBLIC_BASE_URL", "https://calls.example.com/"),
        ("PROXYCALL_API_TOKEN", "one, two"),
        ("PROXYCALL_SECRET_KEY", SECRET),
        ("TWILIO_ACCOUNT_SID", "AC5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"),
        ("TWILIO_AUTH_TOKEN", "first,second"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

fn read(changes: &[(&'static str, &str)]) -> Result<Config, ConfigProblems> {
    let mut env = Environment::of(usable());
    for (name, value) in changes {
        env.values.insert((*name).to_owned(), (*value).to_owned());
    }
    Config::read(&env, Needs::Service)
}

fn refusal(changes: &[(&'static str, &str)]) -> String {
    read(changes).unwrap_err().to_string()
}

#[test]
fn a_usable_environment_is_read_whole() {
    let config = read(&[]).unwrap();
    assert_eq!(config.base_urls, ["https://calls.example.com"]);
    assert_eq!(config.port.number, 8000);
    assert_eq!(config.carrier.auth_tokens.len(), 2);
    assert_eq!(config.database_url, "sqlite:proxycall.db");
    assert!(matches!(config.tokens, ApiTokens::Required(tokens) if tokens.len() == 2));
}

#[test]
fn all_problems_come_in_one_message() {
    let message = refusal(&[
        ("PORT", "abc"),
        ("PUBLIC_BASE_URL", "not an address"),
        ("DATABASE_URL", "mysql://root:hunter2@example.com/x"),
        ("PROXYCALL_SECRET_KEY", "tooshort"),
        ("TWILIO_AUTH_TOKEN", ""),
        ("PROXYCALL_CALLS_WITHHELD", "maybe"),
        ("TWILIO_POOL_SIZE", "many"),
    ]);
    for name in [
        "PORT",
        "PUBLIC_BASE_URL",
        "DATABASE_URL",
        "PROXYCALL_SECRET_KEY",
        "TWILIO_AUTH_TOKEN",
        "PROXYCALL_CALLS_WITHHELD",
        "TWILIO_POOL_SIZE",
    ] {
        assert!(message.contains(&format!("\n  {name}: ")), "{name} is missing in {message}");
    }
}

#[test]
fn secrets_are_never_shown() {
    let message = refusal(&[
        ("DATABASE_URL", "mysql://root:hunter2@example.com/x"),
        ("PROXYCALL_SECRET_KEY", "tooshort"),
        ("TWILIO_ACCOUNT_SID", "AC 0000 11112222"),
    ]);
    for secret in ["hunter2", "tooshort", "11112222"] {
        assert!(!message.contains(secret), "{message}");
    }
}

#[test]
fn without_a_token_the_service_starts_only_when_told_to_be_open() {
    assert!(refusal(&[("PROXYCALL_API_TOKEN", "")]).contains("PROXYCALL_OPEN_API=true"));
    let open = read(&[("PROXYCALL_API_TOKEN", " "), ("PROXYCALL_OPEN_API", "true")]).unwrap();
    assert!(matches!(open.tokens, ApiTokens::Open));
}

#[test]
fn renders_address_serves_when_no_other_is_given_and_beside_it() {
    let config = read(&[("PUBLIC_BASE_URL", ""), ("RENDER_EXTERNAL_URL", "https://x.example.com")]).unwrap();
    assert_eq!(config.base_urls, ["https://x.example.com"]);
    let config = read(&[("RENDER_EXTERNAL_URL", "https://x.example.com")]).unwrap();
    assert_eq!(config.base_urls, ["https://calls.example.com", "https://x.example.com"]);
    assert!(refusal(&[("PUBLIC_BASE_URL", "")]).contains("PUBLIC_BASE_URL"));
}

#[test]
fn on_render_a_file_that_the_next_deploy_deletes_is_refused_with_both_ways_out() {
    let message = refusal(&[("RENDER", "true"), ("DATABASE_URL", "sqlite:proxycall.db")]);
    assert!(message.contains("disk") && message.contains("PostgreSQL"), "{message}");
    assert!(read(&[("RENDER", "true"), ("DATABASE_URL", "postgres://h/x")]).is_ok());
}

#[cfg(target_os = "linux")]
#[test]
fn on_render_a_file_on_a_mounted_disk_is_taken() {
    assert!(read(&[("RENDER", "true"), ("DATABASE_URL", "sqlite:/dev/shm/proxycall.db")]).is_ok());
}

#[test]
fn a_command_that_needs_the_store_alone_asks_for_nothing_else() {
    assert!(Config::read(&Environment::default(), Needs::Store).is_ok());
}

#[test]
fn the_reference_names_every_setting_and_variable() {
    let text = variables::markdown();
    for variable in VARIABLES {
        assert!(text.contains(&format!("`{}`", variable.name)));
    }
    for setting in SETTINGS {
        assert!(text.contains(setting.key));
    }
}

#[test]
fn limits_count_by_the_peer_and_nobody_frames_the_pages_unless_told() {
    let pages = read(&[]).unwrap().pages;
    assert_eq!((pages.addresses.header, pages.addresses.trusted_hops), (None, 1));
    assert!(pages.frame_ancestors.is_empty());
    let pages = read(&[
        ("PROXYCALL_CLIENT_IP_HEADER", "X-Forwarded-For"),
        ("PROXYCALL_TRUSTED_HOPS", "2"),
        ("PROXYCALL_FRAME_ANCESTORS", "https://shop.example  https://*.myshopify.com"),
    ]);
    let pages = pages.unwrap().pages;
    assert_eq!(pages.addresses.header.unwrap().as_str(), "x-forwarded-for");
    assert_eq!((pages.addresses.trusted_hops, pages.frame_ancestors.len()), (2, 2));
}

#[test]
fn what_the_pages_cannot_use_stops_the_start() {
    let message = refusal(&[
        ("PROXYCALL_CLIENT_IP_HEADER", "X Forwarded"),
        ("PROXYCALL_TRUSTED_HOPS", "0"),
        ("PROXYCALL_FRAME_ANCESTORS", "https://shop.example; script-src *"),
    ]);
    for name in ["PROXYCALL_CLIENT_IP_HEADER", "PROXYCALL_TRUSTED_HOPS", "PROXYCALL_FRAME_ANCESTORS"] {
        assert!(message.contains(&format!("\n  {name}: ")), "{name} is missing in {message}");
    }
}

#[test]
fn without_mail_settings_there_is_no_mail_and_a_port_alone_is_none() {
    assert!(read(&[]).unwrap().smtp.is_none());
    assert!(read(&[("SMTP_PORT", "465"), ("SMTP_USER", ""), ("PROXYCALL_SMTP_TLS", "none")]).unwrap().smtp.is_none());
}

#[test]
fn a_mail_server_needs_host_and_sender_and_a_login_is_whole() {
    let host_and_from = [("SMTP_HOST", "smtp.example.com"), ("SMTP_FROM", "The shop <shop@example.com>")];
    let smtp = read(&host_and_from).unwrap().smtp.unwrap();
    assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), ("smtp.example.com", 587, SmtpTls::Auto));
    assert!(smtp.login.is_none());
    let login = [("SMTP_USER", "shop"), ("SMTP_PASSWORD", "hunter2"), ("PROXYCALL_SMTP_TLS", "none")];
    let smtp = read(&[&host_and_from[..], &login[..]].concat()).unwrap().smtp.unwrap();
    assert!(smtp.tls == SmtpTls::None && smtp.login.is_some_and(|(user, _)| user == "shop"));
}

#[test]
fn half_a_mail_server_is_refused_with_what_is_missing() {
    for (set, missing) in [
        (&["SMTP_HOST"][..], &["SMTP_FROM"][..]),
        (&["SMTP_FROM"], &["SMTP_HOST"]),
        (&["SMTP_USER"], &["SMTP_HOST", "SMTP_FROM", "SMTP_PASSWORD"]),
        (&["SMTP_HOST", "SMTP_FROM", "SMTP_PASSWORD"], &["SMTP_USER"]),
        (&["SMTP_HOST", "SMTP_FROM", "SMTP_USER"], &["SMTP_PASSWORD"]),
    ] {
        let value = |name: &&'static str| (*name, if *name == "SMTP_FROM" { "shop@example.com" } else { "hunter2" });
        let message = refusal(&set.iter().map(value).collect::<Vec<_>>());
        assert_eq!(message.matches("is not set").count(), missing.len(), "{message}");
        assert!(missing.iter().all(|name| message.contains(&format!("\n  {name}: is not set"))), "{message}");
    }
    for (name, value) in [("SMTP_FROM", "the shop"), ("PROXYCALL_SMTP_TLS", "maybe"), ("SMTP_PORT", "many")] {
        let from = if name == "SMTP_FROM" { value } else { "shop@example.com" };
        let message = refusal(&[("SMTP_HOST", "smtp.example.com"), ("SMTP_FROM", from), (name, value)]);
        assert!(message.contains(&format!("\n  {name}: read ")) && message.contains("expected"), "{message}");
    }
}

#[test]
fn codes_go_out_as_the_sender_named_and_a_typing_error_stops_the_start() {
    assert_eq!(read(&[]).unwrap().codes.sender, None);
    let sender = read(&[("PROXYCALL_OTP_SENDER", "Ma Boutique")]).unwrap().codes.sender;
    assert_eq!(sender, Some(TextSender::Name("Ma Boutique".to_owned())));
    let message = refusal(&[("PROXYCALL_OTP_SENDER", "33639980001")]);
    assert!(message.contains("\n  PROXYCALL_OTP_SENDER: read") && message.contains("+33639980001"), "{message}");
}

#[test]
fn half_a_sheet_stops_the_service_and_no_other_command() {
    let half = [("GOOGLE_SHEET_NAME", "ProxyCall")];
    assert!(refusal(&half).contains("\n  GOOGLE_SERVICE_ACCOUNT_FILE: is not set"));
    let mut env = Environment::of(usable());
    env.values.insert("GOOGLE_SHEET_NAME".to_owned(), "ProxyCall".to_owned());
    for needs in [Needs::Carrier, Needs::Store] {
        assert!(Config::read(&env, needs).unwrap().sheet.is_none());
    }
}

#[test]
fn a_command_about_the_sheet_needs_one() {
    let problems = Config::read(&Environment::default(), Needs::Sheet).unwrap_err();
    let names: Vec<&str> = problems.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["GOOGLE_SHEET_NAME", "GOOGLE_SERVICE_ACCOUNT_FILE"]);
}
