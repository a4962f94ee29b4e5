//! The Google Sheet: whether it can be read, whether it is laid out as expected, and how its mirror goes.

use jiff::SignedDuration;
use proxycall_domain::{
    Language,
    sheet::{Layout, Tab, letters, read_rows},
};

use super::{Finding, MEND_THE_STORE, Verdict};
use crate::{
    Service,
    ports::{
        LedgerError, Sheet, SheetError,
        ledger::SheetState,
        sheet::{Protection, Table},
    },
    sheet::tables,
};

/// So long nothing may wait while all is well; longer than an exhausted quota lasts.
const WAITS_AT_MOST: SignedDuration = SignedDuration::from_mins(5);
/// What is done about whatever is wrong with a tab's headers.
const INIT: &str = "`proxycall sheet init` makes what is missing; it replaces nothing.";

/// Whether Google lets us in and shows the spreadsheet, and whether each tab is as expected.
pub async fn check_sheet(sheet: &dyn Sheet) -> Vec<Finding> {
    let tables = match tables(sheet).await {
        Ok(tables) => tables,
        Err(error) => return vec![refused(&error, sheet.account())],
    };
    let mut findings = vec![Finding::good("Google Sheet", format!("is read as {}", sheet.account()))];
    match sheet.file().await {
        Ok(file) if file.may_edit => {}
        Ok(_) => findings.push(Finding::new(
            "Google Sheet",
            Verdict::Bad,
            format!("a spreadsheet that {} may edit", sheet.account()),
            "it may only be looked at: what changes cannot be written there",
            format!("In Google Sheets: Share, make {} an editor.", sheet.account()),
        )),
        Err(error) => findings.push(Finding::new(
            "Google Drive",
            Verdict::Warning,
            "Drive tells when the spreadsheet changed: needed once it has more than 20,000 rows",
            error.to_string(),
            "Enable the Google Drive API in the service account's project.",
        )),
    }
    match sheet.protections().await {
        Ok(all) => {
            let tabs = Tab::ALL.into_iter().zip(&tables);
            let covered = tabs.filter_map(|(tab, table)| Some((tab, covered(tab, table.as_ref()?, &all))));
            findings.extend(covered.filter_map(|(tab, covered)| protected(tab, &covered, sheet.account())));
        }
        Err(error) => findings.push(refused(&error, sheet.account())),
    }
    findings.extend(Tab::ALL.into_iter().zip(tables).map(|(tab, table)| check_tab(tab, table.as_ref())));
    findings
}

/// The columns that we write of which cells are protected, below the headers.
fn covered(tab: Tab, table: &Table, all: &[Protection]) -> Vec<&'static str> {
    let Ok(layout) = Layout::find(tab, table.row(0)) else { return Vec::new() };
    let ours = layout.columns().filter(|(column, _)| !column.is_others());
    let meets = |place: u32| {
        let of_tab = all.iter().filter(|it| it.tab == tab.title());
        of_tab.into_iter().any(|it| it.area.columns.contains(&place) && it.area.rows.end > tab.first_row())
    };
    ours.filter(|(_, place)| meets(*place)).map(|(column, _)| column.header()).collect()
}

fn protected(tab: Tab, covered: &[&str], account: &str) -> Option<Finding> {
    (!covered.is_empty()).then(|| {
        Finding::new(
            format!("Sheet tab {}", tab.title()),
            Verdict::Warning,
            format!("cells that {account} may edit"),
            format!("cells are protected in {}", covered.join(", ")),
            format!(
                "In Google Sheets: Data, Protect sheets and ranges, let {account} edit them, or lift the protection."
            ),
        )
    })
}

/// Why the spreadsheet cannot be read.
fn refused(error: &SheetError, account: &str) -> Finding {
    let shared = || format!("a spreadsheet that is shared with {account} as an editor");
    let share = || {
        format!(
            "In Google Sheets: Share, add {account} as an editor. Check GOOGLE_SHEET_NAME or GOOGLE_SHEET_ID, and that the \
             Google Sheets API and the Google Drive API are enabled in the account's project."
        )
    };
    let (verdict, expected, remedy) = match error {
        SheetError::Forbidden(_) | SheetError::NotFound => (Verdict::Bad, shared(), share()),
        SheetError::Ambiguous(_) => (
            Verdict::Bad,
            "one spreadsheet of this title".to_owned(),
            "Set GOOGLE_SHEET_ID to what stands between /d/ and /edit in the address of the right one.".to_owned(),
        ),
        SheetError::Key(_) => (
            Verdict::Bad,
            "a key that Google accepts".to_owned(),
            format!(
                "Make a new JSON key for {account} in Google's console (IAM > Service accounts > Keys) and put it where \
                 GOOGLE_SERVICE_ACCOUNT_FILE or GOOGLE_SERVICE_ACCOUNT_JSON says. Check this machine's clock too."
            ),
        ),
        SheetError::Unreachable(_) => (
            Verdict::Bad,
            "Google's API answers".to_owned(),
            "Check that this machine may open connections to it, and GOOGLE_API_BASE_URL if it is set.".to_owned(),
        ),
        SheetError::Quota { .. } | SheetError::Failed { .. } | SheetError::AnswerLost(_) => (
            Verdict::Warning,
            "Google's API answers".to_owned(),
            "Try again in some minutes. Calls and texts do not need the sheet; what changes is written there later."
                .to_owned(),
        ),
        SheetError::NoSuchTab | SheetError::Protected | SheetError::OutsideGrid | SheetError::Refused { .. } => {
            (Verdict::Bad, shared(), share())
        }
    };
    Finding::new("Google Sheet", verdict, expected, error.to_string(), remedy)
}

fn check_tab(tab: Tab, table: Option<&Table>) -> Finding {
    let subject = format!("Sheet tab {}", tab.title());
    let expected = || {
        let needed = tab.columns().filter(|column| column.is_required());
        format!("a tab with the headers {}", needed.map(|column| column.header()).collect::<Vec<_>>().join(", "))
    };
    let Some(table) = table else {
        let seen = "there is no tab of this name";
        return Finding::new(subject, Verdict::Bad, expected(), seen, format!("Give it its name back, or: {INIT}"));
    };
    let layout = match Layout::find(tab, table.row(0)) {
        Ok(layout) => layout,
        Err(error) => return Finding::new(subject, Verdict::Bad, expected(), error.to_string(), INIT),
    };
    let reading = read_rows(&layout, (0..table.rows()).map(|row| table.row(row)));
    let note = match layout.position(tab.note()) {
        Some(at) => format!("notes in column {}", letters(at)),
        None => format!("no column {}, so why an edit was put back is told nowhere in the sheet", tab.note().header()),
    };
    let seen = format!("{} rows, headers as expected, {note}", reading.rows.len());
    if reading.problems.is_empty() {
        return Finding::good(subject, seen);
    }
    Finding::new(
        subject,
        Verdict::Warning,
        "every row can be read and is there once",
        format!("{seen}; {} cells that cannot be read or are there twice", reading.problems.len()),
        "`proxycall sheet diff` names them and says what to do.",
    )
}

impl Service {
    /// How the mirror goes, as the store knows it.
    pub async fn check_mirror(&self) -> Finding {
        let looked = async {
            let status = self.sheet_status().await?;
            Ok::<_, LedgerError>((status.state.standing, status))
        };
        match looked.await {
            Ok((standing, status)) => {
                let silent = status.state.read_at.map(|at| self.clock.now().duration_since(at));
                mirror(&status.state, status.waited, silent, standing)
            }
            Err(error) => Finding::new(
                MIRROR,
                Verdict::Bad,
                ("une base qui dit où en est l’échange", "a store that tells how the mirror goes"),
                error.to_string(),
                MEND_THE_STORE,
            ),
        }
    }
}

const MIRROR: (&str, &str) = ("Échange avec la feuille", "Sheet mirror");

/// `waited`: the oldest row that is to be written. `silent`: since the sheet was read.
fn mirror(
    state: &SheetState,
    waited: Option<SignedDuration>,
    silent: Option<SignedDuration>,
    standing: u64,
) -> Finding {
    let minutes = |time: SignedDuration| time.as_mins();
    let SheetState { rows, waiting, .. } = state;
    let (mut fr, mut en) = (
        format!("{rows} lignes des deux côtés, {waiting} à écrire"),
        format!("{rows} rows in both, {waiting} wait to be written"),
    );
    if let Some(oldest) = waited.map(minutes) {
        fr.push_str(&format!(", la plus ancienne depuis {oldest} min"));
        en.push_str(&format!(", the oldest for {oldest} min"));
    }
    let bad = |expected: (&str, &str), seen: (String, String), remedy: (&str, &str)| {
        Finding::new(MIRROR, Verdict::Bad, expected, seen, remedy)
    };
    if let Some((why, at)) = &state.failure {
        return bad(
            ("les échanges avec la feuille aboutissent", "exchanges with the sheet succeed"),
            (
                format!("{fr} ; le dernier échange a échoué le {at} : {}", why.of(Language::Fr)),
                format!("{en}; the last exchange failed at {at}: {}", why.of(Language::En)),
            ),
            (
                "Faites ce que dit la raison ; l’échange reprend ensuite de lui-même.",
                "Do what the reason says; the mirror then goes on by itself.",
            ),
        );
    }
    let Some(silent) = silent else {
        return Finding::new(
            MIRROR,
            Verdict::Warning,
            ("un service en marche qui suit la feuille", "a running service that mirrors the sheet"),
            ("n’a pas commencé", "has not begun"),
            (
                "Lancez `proxycall serve` avec ces réglages. Si la base est vide, il reprend d’abord la feuille : \
                 `proxycall sheet import --dry-run` montre ce que cela donnerait.",
                "Start `proxycall serve` with these settings. Where the record is empty, it takes the sheet over first: \
                 `proxycall sheet import --dry-run` shows what that would be.",
            ),
        );
    };
    if silent > WAITS_AT_MOST {
        let ago = minutes(silent);
        return bad(
            ("la feuille est lue toutes les 20 s", "the sheet is read every 20 s"),
            (
                format!("{fr} ; la feuille n’a pas été lue depuis {ago} min"),
                format!("{en}; the sheet was last read {ago} min ago"),
            ),
            (
                "Vérifiez que le service tourne, avec GOOGLE_SHEET_NAME et la clé réglés pour lui aussi ; son journal dit pourquoi sinon.",
                "Check that the service runs, with GOOGLE_SHEET_NAME and the key set for it too; its log says why not.",
            ),
        );
    }
    if standing > 0 {
        return Finding::new(
            MIRROR,
            Verdict::Warning,
            ("rien dans la feuille n’attend quelqu’un", "nothing in the sheet needs a person"),
            (format!("{fr} ; {standing} points à régler"), format!("{en}; {standing} things to put right")),
            (
                "La page « Google Sheet » et `proxycall sheet status` les énumèrent et disent quoi faire.",
                "`proxycall sheet status` lists them with what to do.",
            ),
        );
    }
    if waited.is_some_and(|time| time > WAITS_AT_MOST) {
        return bad(
            ("ce qui change est écrit en quelques secondes", "what changes is written within seconds"),
            (fr, en),
            (
                "Le journal dit pourquoi ; `proxycall sheet push` compare de nouveau toutes les lignes.",
                "The log says why; `proxycall sheet push` has every row compared again.",
            ),
        );
    }
    Finding::good(MIRROR, (fr, en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_well_while_it_reads_and_nothing_waits_long() {
        let state = SheetState { rows: 7, waiting: 1, ..SheetState::default() };
        let seconds = |seconds| Some(SignedDuration::from_secs(seconds));
        let verdict = |waited, silent, standing| mirror(&state, waited, silent, standing).verdict;
        assert_eq!(verdict(seconds(4), seconds(20), 0), Verdict::Good);
        assert_eq!(verdict(None, None, 0), Verdict::Warning);
        assert_eq!(verdict(None, seconds(20), 2), Verdict::Warning);
        assert_eq!(verdict(seconds(301), seconds(20), 0), Verdict::Bad);
        assert_eq!(verdict(None, seconds(301), 0), Verdict::Bad);
        let failed = SheetState { failure: Some(("no access".into(), jiff::Timestamp::UNIX_EPOCH)), ..state };
        let finding = mirror(&failed, None, seconds(20), 0);
        assert!(finding.verdict == Verdict::Bad && finding.seen.to_string().contains("no access"), "{finding:?}");
    }

    #[test]
    fn whatever_keeps_the_sheet_from_being_read_the_account_or_the_setting_to_mend_is_named() {
        for (error, named) in [
            (SheetError::NotFound, "proxycall@example.com"),
            (SheetError::Forbidden("off".to_owned()), "proxycall@example.com"),
            (SheetError::Key("invalid_grant".to_owned()), "GOOGLE_SERVICE_ACCOUNT_FILE"),
            (SheetError::Ambiguous(2), "GOOGLE_SHEET_ID"),
            (SheetError::Unreachable("refused".to_owned()), "GOOGLE_API_BASE_URL"),
        ] {
            let finding = refused(&error, "proxycall@example.com");
            assert!(finding.verdict == Verdict::Bad && finding.remedy.to_string().contains(named), "{finding:?}");
        }
        assert_eq!(refused(&SheetError::Failed { status: 503 }, "").verdict, Verdict::Warning);
    }
}
