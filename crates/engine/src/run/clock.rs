//! Huly's clock, as far as watermarks hang on it (design 4.4).
//!
//! A watermark is a stamp of Huly's. Several servers stamp, and their clocks can be wrong or set: a stamp an hour ahead must not
//! take the watermark with it, or what is changed in the next hour is never seen; and where the clock is set back, what is
//! changed afterwards is stamped below the watermark. So no watermark passes the server's clock as its answers tell it, and
//! after a step back every project is compared in full once.

use sync_core::{Side, ids::Millis};

use crate::{choosing, context::Context, error::Error, lease::millis, projects::Paired};

/// The store's row that says how far Huly's clock was ahead of ours, in milliseconds.
pub const HULY_CLOCK: &str = "huly_clock_ahead_ms";

/// A smaller difference than this is noise: a `Date` has whole seconds.
const NOISE_MS: i64 = 2_000;
/// A difference that people are told of.
const FAR_MS: i64 = 60_000;

/// The latest that Huly's clock may show; `None` where it does not tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latest(Option<Millis>);

impl Latest {
    /// A stamp, but not past the clock.
    pub(super) fn cap(self, stamp: Option<Millis>) -> Option<Millis> {
        match (stamp, self.0) {
            (Some(stamp), Some(latest)) => Some(stamp.min(latest)),
            (stamp, None) => stamp,
            (None, Some(_)) => None,
        }
    }
}

/// Looks at the clock before changes are asked for. Pairs whose watermark cannot be trusted are begun anew.
pub(super) async fn look(ctx: &Context, paired: &mut [Paired]) -> Result<Latest, Error> {
    for side in Side::ALL {
        tell(ctx, side);
    }
    let Some(time) = ctx.board(Side::Huly).server_time() else {
        return Ok(Latest(None));
    };
    let latest = Millis(time.latest());
    let ahead = time.millis.saturating_sub(ctx.now().0);
    let before = ctx.store.meta(HULY_CLOCK).await?;
    let before: Option<i64> = before.and_then(|text| text.parse().ok());
    // What was stamped before a step back smaller than the overlap is asked for again anyway.
    let overlap = (millis(ctx.settings.overlap).0 / 2).max(NOISE_MS);
    let was_set_back = before.is_some_and(|before| before.saturating_sub(ahead) > overlap);
    for row in paired.iter_mut().map(|paired| &mut paired.row) {
        if row.watermark > latest || was_set_back {
            tracing::warn!(project = %row.label, "Huly's clock was set back: the project is compared in full");
            row.watermark = Millis(0);
        }
    }
    let is_news = before.is_none_or(|before| before.abs_diff(ahead) > NOISE_MS.unsigned_abs());
    if ctx.lease.is_some() && is_news {
        if was_set_back {
            // First the watermarks: a run that is cut off in between sees the step once more.
            choosing::forget_watermarks(ctx).await?;
        }
        ctx.store.set_meta(HULY_CLOCK, &ahead.to_string()).await?;
    }
    Ok(Latest(Some(latest)))
}

/// Tells of a clock that is far from ours.
fn tell(ctx: &Context, side: Side) {
    let Some(time) = ctx.board(side).server_time() else {
        return;
    };
    let ahead = time.millis.saturating_sub(ctx.now().0);
    if ahead.abs() > FAR_MS {
        let (service, seconds) = (side.title(), ahead / 1_000);
        tracing::warn!(
            service,
            seconds,
            "the service's clock is far ahead of this machine's (negative: behind)"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_never_passes_the_clock() {
        let rows = [
            (Some(5), Some(9), Some(5)),
            (Some(12), Some(9), Some(9)),
            (Some(12), None, Some(12)),
            (None, Some(9), None),
        ];
        for (stamp, latest, expected) in rows {
            let capped = Latest(latest.map(Millis)).cap(stamp.map(Millis));
            assert_eq!(capped, expected.map(Millis));
        }
    }
}
