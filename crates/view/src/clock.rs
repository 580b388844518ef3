//! The simulated moment as people read it: on the wall (always +08:00), and since the start.

use std::fmt;

use sim::Millis;
use sim::ids::{HOUR, MINUTE, SECOND, WALL_CLOCK_START_MS};

/// Milliseconds in a day.
const DAY: u64 = 24 * HOUR;
/// The time zone of the cluster, as its logs print it.
const OFFSET_MS: u64 = 8 * HOUR;

/// A moment of the wall clock in the cluster's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    year: u64,
    month: u64,
    day: u64,
    ms_of_day: u64,
}

impl WallClock {
    /// What the wall clock shows at a simulated moment.
    pub fn at(moment: Millis) -> WallClock {
        WallClock::off_by(moment, 0)
    }

    /// What a wall clock shows that is off by so many milliseconds, within the years since 1970.
    pub fn off_by(moment: Millis, off_ms: i64) -> WallClock {
        let right = WALL_CLOCK_START_MS + OFFSET_MS + moment.0;
        let local = right.saturating_add_signed(off_ms);
        let (year, month, day) = civil_date(local / DAY);
        WallClock { year, month, day, ms_of_day: local % DAY }
    }

    /// `2025/05/06 10:00:00.000 +08:00`, as TiKV, PD and TiDB begin a log line.
    pub fn in_log(self) -> String {
        format!("{:04}/{:02}/{:02} {} +08:00", self.year, self.month, self.day, self.time())
    }

    /// `2025-05-06 10:00:00.000`, as the output of unsafe recovery has it.
    pub fn in_recovery_output(self) -> String {
        format!("{:04}-{:02}-{:02} {}", self.year, self.month, self.day, self.time())
    }

    /// `2025-05-06T10:00:00+08:00`, as pd-ctl prints a heartbeat.
    pub fn in_json(self) -> String {
        let time = self.time();
        // Go leaves out zeros at the end of a fraction, and the point with them.
        let time = time.trim_end_matches('0').trim_end_matches('.');
        let time = if time.len() < 8 { &self.time()[..8] } else { time };
        format!("{:04}-{:02}-{:02}T{time}+08:00", self.year, self.month, self.day)
    }

    /// `2025-05-06 10:00:00`, as SQL shows a date.
    pub fn in_sql(self) -> String {
        let time = self.time();
        format!("{:04}-{:02}-{:02} {}", self.year, self.month, self.day, &time[..8])
    }

    /// `10:00:00.000`.
    pub fn time(self) -> String {
        let (h, m, s, ms) = parts(self.ms_of_day);
        format!("{h:02}:{m:02}:{s:02}.{ms:03}")
    }
}

/// `00:03:41.5`: how long the run has lasted.
pub struct Elapsed(pub Millis);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (h, m, s, ms) = parts(self.0.0);
        write!(f, "{h:02}:{m:02}:{s:02}.{}", ms / 100)
    }
}

/// `3 s`, `4 min`, `2 h`: about how long.
pub fn roughly(ms: u64) -> String {
    match ms {
        0..MINUTE => format!("{} s", ms / SECOND),
        MINUTE..HOUR => format!("{} min", ms / MINUTE),
        _ => format!("{} h {} min", ms / HOUR, ms % HOUR / MINUTE),
    }
}

fn parts(ms: u64) -> (u64, u64, u64, u64) {
    (ms / HOUR, ms % HOUR / MINUTE, ms % MINUTE / SECOND, ms % SECOND)
}

/// Year, month and day of a number of days since 1970-01-01, by counting in years that begin in
/// March, so that the leap day is a year's last.
fn civil_date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_begins_on_the_morning_of_the_report() {
        assert_eq!(WallClock::at(Millis::ZERO).in_log(), "2025/05/06 10:00:00.000 +08:00");
    }

    #[test]
    fn midnight_turns_the_day_and_new_year_the_year() {
        let next = WallClock::at(Millis(14 * HOUR));
        assert_eq!(next.in_recovery_output(), "2025-05-07 00:00:00.000");
        assert_eq!(civil_date(20_089), (2025, 1, 1));
        assert_eq!(civil_date(19_782), (2024, 2, 29));
    }

    #[test]
    fn a_heartbeat_has_no_zeros_at_its_end() {
        let told = [0, 10, 500, 60_123].map(|ms| WallClock::at(Millis(ms)).in_json());
        let times = ["10:00:00", "10:00:00.01", "10:00:00.5", "10:01:00.123"];
        assert_eq!(told, times.map(|time| format!("2025-05-06T{time}+08:00")));
    }

    #[test]
    fn elapsed_time_shows_tenths() {
        assert_eq!(Elapsed(Millis(221_540)).to_string(), "00:03:41.5");
    }
}
