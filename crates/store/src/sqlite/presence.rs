//! Promises: says whether another process has the file open; in doubt, it does.
//!
//! SQLite does not tell. Each process that opens `proxycall.db` holds a shared lock on `proxycall.db-users`, which ends
//! with the process, however that ends. Whoever gets that lock for itself alone is alone. The database file itself must
//! not be opened for this: closing it again would drop the locks that SQLite has on it.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

/// Our lock among those of others; none where it could not be had.
pub(crate) struct Presence(Option<File>);

impl Presence {
    /// Shows that we are here, for as long as this lives.
    pub(crate) fn show(database: Option<&Path>) -> Self {
        let file = database.and_then(|database| {
            let file = OpenOptions::new().create(true).append(true).open(lock_of(database)).ok()?;
            // Not the variant that fails at once: another may just be looking whether it is alone.
            file.lock_shared().ok()?;
            Some(file)
        });
        Self(file)
    }

    /// Here alone, and for as long as this lives nobody else; none when somebody is here, or when that cannot be told.
    pub(crate) fn alone(database: &Path) -> Option<Self> {
        let file = OpenOptions::new().create(true).append(true).open(lock_of(database)).ok()?;
        file.try_lock().ok()?;
        Some(Self(Some(file)))
    }

    /// Whether nobody else is here.
    pub(crate) fn is_alone(&self) -> bool {
        let Some(file) = &self.0 else { return false };
        let alone = file.try_lock().is_ok();
        // Also when we did not get it: to ask for more may have cost us what we had.
        alone & file.lock_shared().is_ok()
    }
}

fn lock_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-users");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_alone_until_another_comes_and_again_when_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("proxycall.db");
        let one = Presence::show(Some(&database));
        assert!(one.is_alone() && one.is_alone());
        let other = Presence::show(Some(&database));
        assert!(!one.is_alone() && !other.is_alone());
        assert!(!one.is_alone(), "having asked, one is still here for the other");
        drop(one);
        assert!(other.is_alone());
    }

    #[test]
    fn whoever_must_be_alone_is_refused_in_company() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("proxycall.db");
        let other = Presence::show(Some(&database));
        assert!(Presence::alone(&database).is_none());
        drop(other);
        assert!(Presence::alone(&database).is_some());
    }

    #[test]
    fn without_a_file_to_tell_by_others_are_taken_to_be_there() {
        assert!(!Presence::show(None).is_alone());
    }
}
