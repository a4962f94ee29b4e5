//! Settings.

use proxycall_service::ports::Ledger;

use crate::support::*;

pub(crate) async fn a_setting_is_kept_until_it_is_given_up(db: TestStore) {
    assert_eq!(db.settings().await.unwrap(), []);
    for (key, value) in [("calls.withheld", "connect"), ("calls.ring_timeout", "20"), ("calls.withheld", "refuse")] {
        db.set_setting(key.to_owned(), Some(value.to_owned()), at(0)).await.unwrap();
    }
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let both = [pair("calls.ring_timeout", "20"), pair("calls.withheld", "refuse")];
    assert_eq!(db.settings().await.unwrap(), both);
    db.set_setting("calls.withheld".to_owned(), None, at(1)).await.unwrap();
    db.set_setting("never.set".to_owned(), None, at(1)).await.unwrap();
    assert_eq!(db.settings().await.unwrap(), both[..1]);
}
