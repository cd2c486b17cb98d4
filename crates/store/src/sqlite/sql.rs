//! Every statement of this crate, in one list: `tests/query_plan.rs` asks SQLite for the plan of each of them.
//!
//! A statement over many rows is a [`Multi`]: its text exists in a few sizes only, so that SQLite prepares each once.
//! A condition that is always true, as in `HISTORY`, makes SQLite walk an index from its end instead of sorting a table.

use std::sync::OnceLock;

/// Rows of one multi-row statement, largest first: 500 measured best, the smaller ones take the rest.
pub const SIZES: [usize; 5] = [500, 100, 20, 4, 1];

/// A statement over a list of rows.
#[derive(Debug)]
pub struct Multi {
    /// Before the rows.
    head: &'static str,
    /// Parameters of one row; 0 for a plain list of one parameter each, as in `IN (?,?)`.
    columns: usize,
    /// After the rows.
    tail: &'static str,
    texts: OnceLock<[String; SIZES.len()]>,
}

impl Multi {
    const fn new(head: &'static str, columns: usize, tail: &'static str) -> Multi {
        Multi {
            head,
            columns,
            tail,
            texts: OnceLock::new(),
        }
    }

    /// The text for the smallest of [`SIZES`] that takes `rows`.
    pub fn text(&'static self, rows: usize) -> &'static str {
        let texts = self
            .texts
            .get_or_init(|| SIZES.map(|size| self.build(size)));
        let fitting = texts
            .iter()
            .zip(SIZES)
            .rev()
            .find(|(_, size)| *size >= rows);
        fitting.map_or("", |(text, _)| text)
    }

    fn build(&self, rows: usize) -> String {
        let row = match self.columns {
            0 => "?".to_owned(),
            columns => format!("({})", vec!["?"; columns].join(",")),
        };
        format!("{}{}{}", self.head, vec![row; rows].join(","), self.tail)
    }
}

/// Cuts rows into pieces whose lengths are in [`SIZES`].
pub(super) fn chunks<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= rest.len())?;
        let (chunk, after) = rest.split_at_checked(size)?;
        rest = after;
        Some(chunk)
    })
}

macro_rules! statements {
    (single { $($name:ident = $text:expr;)* } multi { $($many:ident = $head:expr, $columns:expr, $tail:expr;)* }) => {
        $(pub(super) const $name: &str = $text;)*
        $(pub(super) static $many: Multi = Multi::new($head, $columns, $tail);)*

        /// Every statement with its name, multi-row ones with several rows.
        pub fn all() -> Vec<(&'static str, &'static str)> {
            vec![$((stringify!($name), $name),)* $((stringify!($many), $many.text(2)),)*]
        }
    };
}

statements! {
    single {
        WHAT_IT_IS = "SELECT (SELECT application_id FROM pragma_application_id), \
            (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)";
        META_GET = "SELECT value FROM meta WHERE key = ?1";
        META_SET = "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        COPY_INTO = "VACUUM INTO ?1";
        MADE_AT = "SELECT max(at) FROM migrations";
        MIGRATION_PUT = "INSERT INTO migrations (version, at) VALUES (?1, ?2)";

        LEASE_GET = "SELECT scope, token, holder, host, pid, since, until, released FROM leases WHERE scope = ?1";
        LEASE_PUT = "INSERT INTO leases (scope, token, holder, host, pid, since, until, released) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT (scope) DO UPDATE SET token = excluded.token, \
            holder = excluded.holder, host = excluded.host, pid = excluded.pid, since = excluded.since, \
            until = excluded.until, released = 0";
        LEASE_RENEW = "UPDATE leases SET until = ?3 WHERE scope = ?1 AND token = ?2 AND released = 0";
        LEASE_RELEASE = "UPDATE leases SET released = 1 WHERE scope = ?1 AND token = ?2";
        LEASES_KEPT = "SELECT 1 FROM leases WHERE released = 0 LIMIT 1";
        LEASE_LIVE = "SELECT scope, token, holder, host, pid, since, until, released FROM leases \
            WHERE released = 0 AND until > ?1 AND holder <> 'put aside' ORDER BY until DESC LIMIT 1";
        LEASES_RETIRE = "UPDATE leases SET token = token + 1, holder = 'put aside', host = 'nobody: put aside by hvs db restore', \
            until = ?1, released = 0";
        LEASES_RELEASE = "UPDATE leases SET token = max(token, ?1) + 1, released = 1";
        LEASES_TOKEN = "SELECT coalesce(max(token), 0) FROM leases";
        FENCE = "SELECT 1 FROM leases WHERE scope = ?1 AND token = ?2 AND released = 0";

        PROJECTS = "SELECT id, huly, vibe, label, name, phase, reason, first_sync_done, watermark, compared_at, synced_at, \
            fingerprint FROM projects ORDER BY synced_at, id";
        LINKS_OF_PROJECT = "SELECT project, id, huly, vibe, version, body FROM links WHERE project = ?1";
        // The body's `r` is the mark, as in store::sqlite::body.
        LINKS_REBUILD = "UPDATE links SET version = version + 1, body = json_set(body, '$.r', json('true')) \
            WHERE project = ?1 AND json_extract(body, '$.r') IS NOT 1";
        PROJECT_COMPARE = "UPDATE projects SET compared_at = 0 WHERE id = ?1";
        LINK_COUNTS = "SELECT id, (SELECT count(*) FROM links WHERE links.project = projects.id) FROM projects";
        LINK_RELEASE_ITEMS = "UPDATE links SET huly = NULL, vibe = NULL \
            WHERE id = ?1 AND version < ?2 AND (huly IS NOT ?3 OR vibe IS NOT ?4)";
        FORGET_DIRTY_HULY = "DELETE FROM dirty WHERE side = 'huly' \
            AND (project, item) = (SELECT project, huly FROM links WHERE id = ?1)";
        FORGET_DIRTY_VIBE = "DELETE FROM dirty WHERE side = 'vibe' \
            AND (project, item) = (SELECT project, vibe FROM links WHERE id = ?1)";
        FORGET_LETTERS = "DELETE FROM dead_letters WHERE link = ?1";
        FORGET_CONFLICTS = "UPDATE conflicts SET open = 0, pending = 0, version = version + 1 WHERE link = ?1 AND open + pending > 0";
        FORGET_INTENTS = "UPDATE intents SET state = 'dropped', live = 0 WHERE link = ?1 AND live = 1";
        FORGET_LINK = "DELETE FROM links WHERE id = ?1";

        INTENT = "SELECT key, project, link, side, kind, state, payload, prepared, write_id, attempt, run, planned_at, \
            sent_at, error FROM intents WHERE key = ?1";
        INTENTS_LIVE = "SELECT key, project, link, side, kind, state, payload, prepared, write_id, attempt, run, planned_at, \
            sent_at, error FROM intents WHERE live = 1 ORDER BY planned_at, key LIMIT ?1";
        INTENTS_LIVE_OF_PROJECT = "SELECT key, project, link, side, kind, state, payload, prepared, write_id, attempt, run, \
            planned_at, sent_at, error FROM intents WHERE live = 1 AND project = ?1 ORDER BY planned_at, key LIMIT ?2";
        INTENTS_UNSETTLED = "SELECT link, kind FROM intents WHERE state = 'sent' AND link IS NOT NULL ORDER BY link";
        INTENT_COUNTS = "SELECT s.column1, (SELECT count(*) FROM intents WHERE state = s.column1) \
            FROM (VALUES ('planned'), ('sent'), ('done'), ('failed'), ('dead'), ('dropped')) AS s";
        INTENTS_LIVE_COUNT = "SELECT count(*) FROM intents WHERE live = 1";
        WRITE_ID_NEWEST = "SELECT id FROM write_ids ORDER BY seq DESC LIMIT 1";
        WRITE_ID_KNOWN = "SELECT 1 FROM write_ids WHERE id = ?1";

        DIRTY_DUE = "SELECT project, side, item, since, next_try, tries, code FROM dirty \
            WHERE project = ?1 AND next_try <= ?2 ORDER BY next_try, side, item LIMIT ?3";
        LATE = "SELECT side, item, until FROM late WHERE until > ?1 ORDER BY until, side, item";
        DIRTY_COUNTS = "SELECT coalesce(sum((SELECT count(*) FROM dirty WHERE dirty.project = projects.id)), 0) FROM projects";
        DIRTY_CLEAN = "DELETE FROM dirty WHERE project = ?1 AND side = ?2 AND item = ?3";
        DEAD_CLEAR = "DELETE FROM dead_letters WHERE link = ?1 AND side = ?2 AND field = ?3";
        DEAD_LETTERS = "SELECT project, link, side, field, code, message, since, run, value_hash, \
            label, state, tries, next_try, version FROM dead_letters WHERE state = 'dead' ORDER BY since, link, side, field LIMIT ?1";
        DEAD_LETTERS_OF_PROJECT = "SELECT project, link, side, field, code, message, since, run, value_hash, \
            label, state, tries, next_try, version FROM dead_letters WHERE project = ?1 AND state = 'dead' \
            ORDER BY since, link, side, field LIMIT ?2";
        DEAD_LETTERS_COUNT = "SELECT count(*) FROM dead_letters WHERE state = 'dead'";
        LETTERS = "SELECT project, link, side, field, code, message, since, run, value_hash, \
            label, state, tries, next_try, version FROM dead_letters ORDER BY since, link, side, field LIMIT ?1";
        LETTERS_OF_PROJECT = "SELECT project, link, side, field, code, message, since, run, value_hash, \
            label, state, tries, next_try, version FROM dead_letters WHERE project = ?1 ORDER BY since, link, side, field LIMIT ?2";
        LETTER_RETRY = "DELETE FROM dead_letters WHERE link = ?1 AND side = ?2 AND field = ?3 AND version = ?4 AND since = ?5";
        LETTER_DROP = "UPDATE dead_letters SET state = 'dropped', version = version + 1 \
            WHERE link = ?1 AND side = ?2 AND field = ?3 AND version = ?4 AND since = ?5 AND state = 'dead'";
        LETTER_DUE = "UPDATE dead_letters SET next_try = ?6, version = version + 1 \
            WHERE link = ?1 AND side = ?2 AND field = ?3 AND version = ?4 AND since = ?5 AND state = 'waiting'";

        CONFLICTS = "SELECT id, project, link, run, at, field, winner, huly, vibe, base, \
            cause, open, label, item, version, decision, pending FROM conflicts \
            ORDER BY id DESC LIMIT ?1";
        CONFLICTS_OPEN = "SELECT id, project, link, run, at, field, winner, huly, vibe, base, \
            cause, open, label, item, version, decision, pending FROM conflicts \
            WHERE open = 1 ORDER BY id DESC LIMIT ?1";
        CONFLICT = "SELECT id, project, link, run, at, field, winner, huly, vibe, base, \
            cause, open, label, item, version, decision, pending FROM conflicts WHERE id = ?1";
        CONFLICTS_PENDING = "SELECT id, project, link, run, at, field, winner, huly, vibe, base, \
            cause, open, label, item, version, decision, pending FROM conflicts WHERE pending = 1 AND project = ?1 ORDER BY id";
        CONFLICT_DECIDE = "UPDATE conflicts SET decision = ?3, pending = 1, version = version + 1 WHERE id = ?1 AND version = ?2";
        CONFLICT_CARRIED = "UPDATE conflicts SET pending = 0, open = 0, version = version + 1 WHERE id = ?1 AND version = ?2";
        CONFLICT_CHANGED = "UPDATE conflicts SET pending = 0, decision = NULL, huly = ?3, vibe = ?4, at = ?5, \
            version = version + 1 WHERE id = ?1 AND version = ?2";
        CONFLICTS_OPEN_COUNT = "SELECT count(*) FROM conflicts WHERE open = 1";

        DEEDS = "SELECT at, who, kind, project, link, item, effect FROM deeds ORDER BY id DESC LIMIT ?1";
        DEEDS_OF_LINK = "SELECT at, who, kind, project, link, item, effect FROM deeds WHERE link = ?1 ORDER BY id DESC LIMIT ?2";

        HISTORY = "SELECT at, run, project, link, side, kind, field, old, new FROM history \
            WHERE at >= -9223372036854775808 ORDER BY at DESC, id DESC LIMIT ?1";
        HISTORY_OF_LINK = "SELECT at, run, project, link, side, kind, field, old, new FROM history \
            WHERE link = ?1 ORDER BY at DESC, id DESC LIMIT ?2";

        HISTORY_OF_PROJECT = "SELECT at, run, project, link, side, kind, field, old, new FROM history \
            WHERE project = ?1 ORDER BY at DESC, id DESC LIMIT ?2";

        // Where a batch does not name the project that it changes.
        CHANGES_OF_LINK = "SELECT project FROM links WHERE id = ?1";
        CHANGES_OF_CONFLICT = "SELECT project FROM conflicts WHERE id = ?1";
        AGENTS = "SELECT projects.id, agent, coalesce(agents.phase, 'wanted'), coalesce(attempt, 0), sent_at, coalesce(told, 0), \
            coalesce(rules, ''), coalesce(checked_at, 0), coalesce(tries, 0), failing_since, coalesce(next_try, 0), coalesce(code, ''), \
            coalesce(message, ''), coalesce(agents.state, 'waiting'), coalesce(traits, ''), coalesce(changes.count, 0) FROM projects \
            LEFT JOIN agents ON agents.project = projects.id LEFT JOIN changes ON changes.project = projects.id ORDER BY projects.id";
        AGENT = "SELECT projects.id, agent, coalesce(agents.phase, 'wanted'), coalesce(attempt, 0), sent_at, coalesce(told, 0), \
            coalesce(rules, ''), coalesce(checked_at, 0), coalesce(tries, 0), failing_since, coalesce(next_try, 0), coalesce(code, ''), \
            coalesce(message, ''), coalesce(agents.state, 'waiting'), coalesce(traits, ''), coalesce(changes.count, 0) FROM projects \
            LEFT JOIN agents ON agents.project = projects.id LEFT JOIN changes ON changes.project = projects.id \
            WHERE projects.id = ?1";
        // No rules are those that it was told with, so it is told again.
        AGENT_RETRY = "UPDATE agents SET state = 'waiting', tries = 0, failing_since = NULL, next_try = 0, rules = '', code = '', \
            message = '' WHERE project = ?1 AND state <> 'waiting'";
        AGENT_DROP = "UPDATE agents SET state = 'dropped' WHERE project = ?1 AND state = 'dead'";
        BLOCKS_RETRY = "UPDATE blocks SET state = 'waiting', tries = 0, failing_since = NULL WHERE project = ?1";
        AGENTS_COMPARE = "UPDATE agents SET checked_at = 0";
        BLOCKS = "SELECT project, label, block, confirmed, wanted, tries, failing_since, code, message, state FROM blocks \
            WHERE project = ?1 ORDER BY label";
        BLOCKS_FORGET = "DELETE FROM blocks WHERE project = ?1";
        FACTS = "SELECT issue, body FROM facts WHERE project = ?1";
        FACTS_FORGET = "DELETE FROM facts WHERE issue = ?1 AND project = ?2";
        CONFLICTS_OPEN_OF_PROJECT = "SELECT id, project, link, run, at, field, winner, huly, vibe, base, \
            cause, open, label, item, version, decision, pending FROM conflicts \
            WHERE open = 1 AND project = ?1 ORDER BY id DESC LIMIT ?2";

        HELD = "SELECT hash, project, class, at, pairs, accepted_at FROM held WHERE hash = ?1";
        HELD_ACCEPTED = "SELECT hash, project, class, at, pairs, accepted_at FROM held \
            WHERE project = ?1 AND accepted_at IS NOT NULL ORDER BY at, hash";

        RUN_PUT = "INSERT INTO runs (id, kind, started_at, ended_at, exit_code, summary) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, started_at = excluded.started_at, \
            ended_at = excluded.ended_at, exit_code = excluded.exit_code, summary = excluded.summary";
        RUNS = "SELECT id, kind, started_at, ended_at, exit_code, summary FROM runs ORDER BY id DESC LIMIT ?1";
        RUN = "SELECT id, kind, started_at, ended_at, exit_code, summary FROM runs WHERE id = ?1";

        // ?1: what was sent before this and has no answer is stuck, ?2: what is dirty since before this.
        STANDINGS = "SELECT id, \
            (SELECT count(*) FROM intents WHERE project = projects.id AND live = 1 AND side = 'huly' AND state = 'planned'), \
            (SELECT count(*) FROM intents WHERE project = projects.id AND live = 1 AND side = 'huly' AND state = 'sent'), \
            (SELECT count(*) FROM dirty WHERE project = projects.id AND side = 'huly'), \
            (SELECT count(*) FROM dirty WHERE project = projects.id AND side = 'huly' AND since < ?2) \
            + (SELECT count(*) FROM intents WHERE project = projects.id AND live = 1 AND side = 'huly' AND sent_at < ?1), \
            (SELECT count(*) FROM dead_letters WHERE project = projects.id AND side = 'huly' AND state = 'dead'), \
            (SELECT count(*) FROM intents WHERE project = projects.id AND live = 1 AND side = 'vibe' AND state = 'planned'), \
            (SELECT count(*) FROM intents WHERE project = projects.id AND live = 1 AND side = 'vibe' AND state = 'sent'), \
            (SELECT count(*) FROM dirty WHERE project = projects.id AND side = 'vibe'), \
            (SELECT count(*) FROM dirty WHERE project = projects.id AND side = 'vibe' AND since < ?2) \
            + (SELECT count(*) FROM intents WHERE project = projects.id AND live = 1 AND side = 'vibe' AND sent_at < ?1), \
            (SELECT count(*) FROM dead_letters WHERE project = projects.id AND side = 'vibe' AND state = 'dead'), \
            (SELECT count(*) FROM conflicts WHERE project = projects.id AND open = 1) \
            FROM projects ORDER BY id";
        COUNT_PROJECTS = "SELECT count(*) FROM projects";
        COUNT_LINKS = "SELECT coalesce(sum((SELECT count(*) FROM links WHERE links.project = projects.id)), 0) FROM projects";

        PRUNE_HISTORY = "DELETE FROM history WHERE id IN (SELECT id FROM history WHERE at < ?1 ORDER BY at LIMIT ?2)";
        PRUNE_INTENTS = "DELETE FROM intents WHERE key IN \
            (SELECT key FROM intents WHERE live = 0 AND planned_at < ?1 ORDER BY planned_at LIMIT ?2)";
        PRUNE_WRITE_IDS = "DELETE FROM write_ids WHERE seq IN (SELECT seq FROM write_ids \
            WHERE at < ?1 AND seq <= (SELECT max(seq) FROM write_ids) - 1000 ORDER BY at LIMIT ?2)";
        PRUNE_CONFLICTS = "DELETE FROM conflicts WHERE id IN \
            (SELECT id FROM conflicts WHERE open = 0 AND pending = 0 AND at < ?1 ORDER BY at LIMIT ?2)";
        PRUNE_LATE = "DELETE FROM late WHERE (side, item) IN (SELECT side, item FROM late WHERE until < ?1 ORDER BY until LIMIT ?2)";
        PRUNE_RUNS = "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE started_at < ?1 ORDER BY started_at LIMIT ?2)";
    }
    multi {
        PROJECTS_PUT = "INSERT INTO projects (id, huly, vibe, label, name, phase, reason, first_sync_done, watermark, \
            compared_at, synced_at, fingerprint) VALUES ", 12, " ON CONFLICT (id) DO UPDATE SET huly = excluded.huly, \
            vibe = excluded.vibe, label = excluded.label, name = excluded.name, phase = excluded.phase, \
            reason = excluded.reason, first_sync_done = excluded.first_sync_done, watermark = excluded.watermark, \
            compared_at = excluded.compared_at, synced_at = excluded.synced_at, fingerprint = excluded.fingerprint";
        // The usual case: the items stay, so no index has to be touched.
        LINKS_PUT_SAME_ITEMS = "INSERT INTO links (project, id, huly, vibe, version, body) VALUES ", 6,
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body \
            WHERE excluded.version > links.version AND links.project = excluded.project \
            AND links.huly IS excluded.huly AND links.vibe IS excluded.vibe";
        LINKS_PUT = "INSERT INTO links (project, id, huly, vibe, version, body) VALUES ", 6,
            " ON CONFLICT (id) DO UPDATE SET project = excluded.project, huly = excluded.huly, vibe = excluded.vibe, \
            version = excluded.version, body = excluded.body WHERE excluded.version > links.version";
        LINKS_BY_ID = "SELECT project, id, huly, vibe, version, body FROM links WHERE id IN (", 0, ")";
        LINKS_BY_HULY = "SELECT project, id, huly, vibe, version, body FROM links WHERE huly IN (", 0, ")";
        LINKS_BY_VIBE = "SELECT project, id, huly, vibe, version, body FROM links WHERE vibe IN (", 0, ")";
        TEXTS = "SELECT link, huly, vibe FROM texts WHERE link IN (", 0, ")";
        TEXTS_PUT = "INSERT INTO texts (link, huly, vibe) VALUES ", 3, " ON CONFLICT (link) DO UPDATE SET \
            huly = coalesce(excluded.huly, texts.huly), vibe = coalesce(excluded.vibe, texts.vibe)";
        INTENTS_PUT = "INSERT INTO intents (key, project, link, side, kind, state, live, payload, prepared, write_id, attempt, \
            run, planned_at, sent_at, error) VALUES ", 15, " ON CONFLICT (key) DO UPDATE SET project = excluded.project, \
            link = excluded.link, side = excluded.side, kind = excluded.kind, state = excluded.state, live = excluded.live, \
            payload = excluded.payload, prepared = excluded.prepared, write_id = excluded.write_id, \
            attempt = excluded.attempt, run = excluded.run, planned_at = excluded.planned_at, sent_at = excluded.sent_at, \
            error = excluded.error";
        INTENTS_LIVE_AMONG = "SELECT key FROM intents WHERE live = 1 AND key IN (", 0, ")";
        WRITE_IDS_PUT = "INSERT INTO write_ids (id, at) VALUES ", 2, " ON CONFLICT (id) DO NOTHING";
        CONFLICTS_PUT = "INSERT INTO conflicts (project, link, run, at, field, winner, huly, vibe, base, cause, open, label, item, digest) \
            VALUES ", 14, " ON CONFLICT (link, run, field, cause, digest) DO NOTHING";
        DEAD_LETTERS_PUT = "INSERT INTO dead_letters (project, link, side, field, code, message, since, run, value_hash, label, \
            state, tries, next_try) VALUES ", 13, " ON CONFLICT (link, side, field) DO UPDATE SET project = excluded.project, \
            code = excluded.code, message = excluded.message, since = excluded.since, run = excluded.run, \
            value_hash = excluded.value_hash, label = excluded.label, state = excluded.state, tries = excluded.tries, \
            next_try = excluded.next_try, version = dead_letters.version + 1";
        DEEDS_PUT = "INSERT INTO deeds (at, who, kind, project, link, item, effect) VALUES ", 7, "";
        DIRTY_PUT = "INSERT INTO dirty (project, side, item, since, next_try, tries, code) VALUES ", 7,
            " ON CONFLICT (project, side, item) DO UPDATE SET next_try = excluded.next_try, tries = excluded.tries, \
            code = excluded.code";
        LATE_PUT = "INSERT INTO late (side, item, until) VALUES ", 3,
            " ON CONFLICT (side, item) DO UPDATE SET until = max(until, excluded.until)";
        HISTORY_PUT = "INSERT INTO history (at, run, project, link, side, kind, field, old, new) VALUES ", 9, "";
        CHANGES_PUT = "INSERT INTO changes (project, count) VALUES ", 2, " ON CONFLICT (project) DO UPDATE SET \
            count = count + excluded.count";
        AGENTS_PUT = "INSERT INTO agents (project, agent, phase, attempt, sent_at, told, rules, checked_at, tries, failing_since, \
            next_try, code, message, state, traits) VALUES ", 15, " ON CONFLICT (project) DO UPDATE SET agent = excluded.agent, phase = excluded.phase, \
            attempt = excluded.attempt, sent_at = excluded.sent_at, told = excluded.told, rules = excluded.rules, \
            checked_at = excluded.checked_at, tries = excluded.tries, failing_since = excluded.failing_since, \
            next_try = excluded.next_try, code = excluded.code, \
            message = excluded.message, state = excluded.state, traits = excluded.traits";
        BLOCKS_PUT = "INSERT INTO blocks (project, label, block, confirmed, wanted, tries, failing_since, code, message, state) VALUES ", 10,
            " ON CONFLICT (project, label) DO UPDATE SET block = excluded.block, confirmed = excluded.confirmed, \
            wanted = excluded.wanted, tries = excluded.tries, failing_since = excluded.failing_since, code = excluded.code, \
            message = excluded.message, state = excluded.state";
        FACTS_OF = "SELECT issue, body FROM facts WHERE issue IN (", 0, ")";
        FACTS_PUT = "INSERT INTO facts (issue, project, body) VALUES ", 3, " ON CONFLICT (issue) DO UPDATE SET \
            project = excluded.project, body = excluded.body";
        HELD_PUT = "INSERT INTO held (hash, project, class, at, pairs, accepted_at) VALUES ", 6,
            " ON CONFLICT (hash) DO UPDATE SET project = excluded.project, class = excluded.class, at = excluded.at, \
            pairs = excluded.pairs, accepted_at = excluded.accepted_at WHERE held.accepted_at IS NULL";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_into_few_sizes_and_none_is_lost() {
        for count in [0, 1, 3, 4, 499, 500, 501, 1_624] {
            let rows: Vec<usize> = (0..count).collect();
            let cut: Vec<_> = chunks(&rows).collect();
            assert!(
                cut.iter().all(|chunk| SIZES.contains(&chunk.len())),
                "{count}"
            );
            assert_eq!(cut.concat(), rows);
        }
    }

    #[test]
    fn a_multi_row_statement_has_one_group_of_parameters_for_each_row() {
        assert!(
            DIRTY_PUT.text(4).contains(
                "VALUES (?,?,?,?,?,?,?),(?,?,?,?,?,?,?),(?,?,?,?,?,?,?),(?,?,?,?,?,?,?) ON"
            )
        );
        assert!(TEXTS.text(3).ends_with("IN (?,?,?,?)"));
    }
}
