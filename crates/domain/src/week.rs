//! Promises: a week is an ISO week, from Monday 00:00 to Sunday 24:00 by the operator's clock, also where the clock is put
//! forward or back in it.

use std::{fmt, str::FromStr};

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, ISOWeekDate, Weekday},
    tz::TimeZone,
};

use crate::FieldError;

/// At which hour of its Sunday a week is reported.
const REPORTED_AT: i8 = 23;

/// By which clock days begin.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// A name of the IANA database, which is built into the program.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// The clock without summer time that all others are told against.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Its name: `Europe/Paris`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What this clock shows.
    #[must_use]
    pub fn show(&self, at: Timestamp) -> jiff::civil::DateTime {
        self.0.to_datetime(at)
    }

    /// When a day begins: at midnight, or where the clock leaves midnight out, as soon as there is a time.
    fn begins(&self, day: Date) -> Timestamp {
        self.0.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MIN)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An ISO week: `2026-W47`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Week {
    /// Its first day.
    monday: Date,
}

impl Week {
    /// The week that a moment is in.
    #[must_use]
    pub fn of(at: Timestamp, zone: &Zone) -> Self {
        Self::of_day(zone.show(at).date())
    }

    fn of_day(day: Date) -> Self {
        let since_monday = i64::from(day.weekday().to_monday_zero_offset());
        Self { monday: day.checked_sub(since_monday.days()).unwrap_or(day) }
    }

    /// The week that was reported last: whose Sunday, 23:00, was the latest that has come.
    #[must_use]
    pub fn reported_last(now: Timestamp, zone: &Zone) -> Self {
        let week = Self::of(now, zone);
        if week.reported_at(zone) <= now { week } else { week.before() }
    }

    /// When it is reported: on its Sunday at 23:00.
    #[must_use]
    pub fn reported_at(self, zone: &Zone) -> Timestamp {
        zone.0.to_timestamp(self.day(6).at(REPORTED_AT, 0, 0, 0)).unwrap_or(Timestamp::MAX)
    }

    /// The week before.
    #[must_use]
    pub fn before(self) -> Self {
        Self { monday: self.monday.checked_sub(7.days()).unwrap_or(self.monday) }
    }

    /// Its days, Monday to Sunday: 0 to 6. 7 is the Monday after.
    #[must_use]
    pub fn day(self, number: u8) -> Date {
        self.monday.checked_add(i64::from(number).days()).unwrap_or(self.monday)
    }

    /// When its days begin, and last when the next week does.
    #[must_use]
    pub fn days(self, zone: &Zone) -> [Timestamp; 8] {
        [0, 1, 2, 3, 4, 5, 6, 7].map(|number| zone.begins(self.day(number)))
    }

    /// From its first moment to the first after it.
    #[must_use]
    pub fn span(self, zone: &Zone) -> (Timestamp, Timestamp) {
        (zone.begins(self.day(0)), zone.begins(self.day(7)))
    }

    /// Its number within its year: 47.
    #[must_use]
    pub fn number(self) -> i8 {
        self.monday.iso_week_date().week()
    }

    /// The year that it counts for, which may not be that of its first or last days.
    #[must_use]
    pub fn year(self) -> i16 {
        self.monday.iso_week_date().year()
    }

    /// Reads `2026-W47`.
    ///
    /// # Errors
    /// When it is no week.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, FieldError> {
        text.parse().map_err(|WeekError| {
            FieldError::new(field, ("doit être une semaine ISO, comme 2026-W47", WeekError.to_string()))
        })
    }
}

/// No week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an ISO week such as 2026-W47")]
pub struct WeekError;

impl FromStr for Week {
    type Err = WeekError;

    fn from_str(text: &str) -> Result<Self, WeekError> {
        let (year, week) = text.split_once("-W").ok_or(WeekError)?;
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|sign| sign.is_ascii_digit());
        if !digits(year, 4) || !digits(week, 2) {
            return Err(WeekError);
        }
        let (year, week) = (year.parse().map_err(|_| WeekError)?, week.parse().map_err(|_| WeekError)?);
        let monday = ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| WeekError)?.date();
        Ok(Self { monday })
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year(), self.number())
    }
}

impl TryFrom<String> for Week {
    type Error = WeekError;

    fn try_from(text: String) -> Result<Self, WeekError> {
        text.parse()
    }
}

impl From<Week> for String {
    fn from(week: Week) -> Self {
        week.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn paris() -> Zone {
        Zone::parse("Europe/Paris").unwrap()
    }

    #[rstest]
    #[case::sunday_evening("2026-11-22T22:59:59Z", "Europe/Paris", "2026-W47")]
    #[case::monday_in_paris_is_sunday_in_utc("2026-11-22T23:00:00Z", "Europe/Paris", "2026-W48")]
    #[case::and_earlier_still_on_reunion("2026-11-22T20:00:00Z", "Indian/Reunion", "2026-W48")]
    #[case::new_year_belongs_to_the_old_one("2027-01-03T12:00:00Z", "Europe/Paris", "2026-W53")]
    fn a_moment_is_in_the_week_that_the_operators_clock_shows(
        #[case] moment: &str,
        #[case] zone: &str,
        #[case] week: &str,
    ) {
        assert_eq!(Week::of(at(moment), &Zone::parse(zone).unwrap()).to_string(), week);
    }

    #[rstest]
    #[case::usual("2026-W47", 168)]
    #[case::clocks_go_forward("2026-W13", 167)]
    #[case::clocks_go_back("2026-W43", 169)]
    fn a_week_has_seven_days_whatever_summer_time_does(#[case] week: &str, #[case] hours: i64) {
        let week: Week = week.parse().unwrap();
        let (from, to) = week.span(&paris());
        assert_eq!(to.duration_since(from).as_hours(), hours);
        assert_eq!((week.days(&paris())[0], week.days(&paris())[7]), (from, to));
        assert_eq!(week.before().span(&paris()).1, from);
    }

    #[rstest]
    #[case::just_before("2026-11-22T21:59:59Z", "2026-W46")]
    #[case::at_23_in_paris("2026-11-22T22:00:00Z", "2026-W47")]
    #[case::a_day_later("2026-11-23T22:00:00Z", "2026-W47")]
    fn a_week_is_reported_on_its_sunday_at_23(#[case] now: &str, #[case] week: &str) {
        assert_eq!(Week::reported_last(at(now), &paris()).to_string(), week);
    }

    #[rstest]
    fn what_is_no_week_is_refused(
        #[values("2026-47", "2026-W54", "2025-W53", "2026-W00", "26-W47", "2026-W7", "", "2026-Wxx", "-026-W01")]
        text: &str,
    ) {
        assert_eq!(text.parse::<Week>(), Err(WeekError));
    }

    #[test]
    fn a_week_reads_back_and_a_zone_that_nobody_knows_is_none() {
        let week: Week = "2026-W53".parse().unwrap();
        assert_eq!(serde_json::from_str::<Week>(&serde_json::to_string(&week).unwrap()).unwrap(), week);
        assert!(Zone::parse("Europe/Atlantis").is_none());
        assert_eq!((paris().name(), Zone::utc().name()), ("Europe/Paris", "UTC"));
    }
}
