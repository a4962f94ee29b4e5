use super::*;

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
