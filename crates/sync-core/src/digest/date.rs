//! Moments as text, without a clock and without time zones: UTC in the Gregorian calendar.

use crate::ids::Millis;

const DAY: i64 = 86_400_000;
/// 2000-03-01 in days since 1970-01-01: an era of 400 years begins here when years begin in March.
const ERA_BEGINS: i64 = 11_017;
/// Days of an era, of its first three centuries, of a leap cycle, of a year.
const ERA: i64 = 146_097;
const CENTURY: i64 = 36_524;
const CYCLE: i64 = 1_461;
const YEAR: i64 = 365;
/// From March on: the leap day comes last, so it moves no other day.
const MONTHS: [i64; 12] = [31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29];

/// The day, in UTC: `2026-11-21`.
///
/// ```
/// use sync_core::{digest::date, ids::Millis};
/// assert_eq!(date(Millis(0)), "1970-01-01");
/// assert_eq!(date(Millis(1_795_245_000_000)), "2026-11-21");
/// assert_eq!(date(Millis(951_782_400_000)), "2000-02-29");
/// ```
pub fn date(at: Millis) -> String {
    let (year, month, day) = civil(at.0.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// The day and the minute, in UTC: `2026-11-21 09:50`.
pub(super) fn minute(at: Millis) -> String {
    let minutes = at.0.rem_euclid(DAY) / 60_000;
    format!("{} {:02}:{:02}", date(at), minutes / 60, minutes % 60)
}

/// Year, month and day of a day since 1970-01-01.
fn civil(days: i64) -> (i64, usize, i64) {
    let rest = days - ERA_BEGINS;
    let (eras, rest) = (rest.div_euclid(ERA), rest.rem_euclid(ERA));
    // the last day of an era and of a leap cycle is a leap day: it belongs to the year before it, not to a fifth
    let centuries = (rest / CENTURY).min(3);
    let rest = rest - centuries * CENTURY;
    let (cycles, rest) = (rest / CYCLE, rest % CYCLE);
    let years = (rest / YEAR).min(3);
    let mut day = rest - years * YEAR;
    let mut from_march = 0;
    for length in MONTHS {
        if day < length {
            break;
        }
        day -= length;
        from_march += 1;
    }
    let year = 2000 + 400 * eras + 100 * centuries + 4 * cycles + years;
    if from_march < 10 {
        (year, from_march + 3, day + 1)
    } else {
        (year + 1, from_march - 9, day + 1)
    }
}
