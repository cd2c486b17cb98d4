//! The stable codes of this crate's errors, with meaning and remedy.

macro_rules! codes {
    ($($name:ident: $meaning:literal, $remedy:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: &str = stringify!($name);
        )*
        /// Every code of this crate: code, meaning, remedy.
        pub const CODES: &[(&str, &str, &str)] = &[$(($name, $meaning, $remedy)),*];
    };
}

codes! {
    STORE_FENCED: "The lease was lost to another instance, so nothing more is written.",
        "Nothing, if another instance is meant to work on this workspace; else find and stop it.";
    STORE_STALE: "A link was changed by somebody else between reading and writing; nothing was written.",
        "Nothing: the next run reads it again. If it repeats, look for a second hvs on the same store.";
    STORE_CHANGED: "What a person was about to decide on was changed meanwhile, by a run or by somebody else; nothing was written.",
        "Look at it again, and decide about what it is now.";
    STORE_NOT_LIVE: "An intent that was to be sent is not in the journal any more, or is finished; nothing was written.",
        "Nothing: the next run plans again. If it repeats, please report it.";
    STORE_MISSING: "There is no store at the given path.",
        "Check the path; `hvs sync once` makes the store.";
    STORE_FILE: "The store's file or directory could not be made, read or given its mode (0600).",
        "Check owner and permissions of the path in the message.";
    STORE_NOT_A_DATABASE: "The file at the store's path is not an SQLite database.",
        "Correct the path; or, if it is a broken store, put back a backup with `hvs db restore` (docs/recovery.md).";
    STORE_FOREIGN: "The file at the store's path is an SQLite database of another program.",
        "Correct the path; hvs never writes into a database that is not its own.";
    STORE_NEWER: "The store was written by a newer hvs; nothing was changed.",
        "Use the newer hvs; or put back the backup that it made beside the store before it moved it on, with `hvs db restore`.";
    STORE_OLDER: "The store was written by an older hvs and is only being read, so it was not moved on.",
        "Run `hvs sync once`: it backs the store up beside itself and moves it on.";
    STORE_BACKUP: "A backup of the store could not be made, or was not sound when it was looked at; it was removed again, and the store was not changed.",
        "Make room or mend the permissions beside the store and run again.";
    STORE_CORRUPT: "The store's file is damaged.",
        "Put back a backup with `hvs db restore`, which keeps the damaged file beside it; or move the file away and run `hvs sync once`, which finds the pairs again (docs/recovery.md).";
    STORE_AT_WORK: "A run works with the store, and what was asked for needs it alone; nothing was changed.",
        "Wait for the end of the run, or stop the service, and try again.";
    STORE_ITSELF: "The file that was to be put back is the store itself; nothing was changed.",
        "Name a backup: `hvs db restore --list` shows those beside the store.";
    STORE_ROW: "A row of the store holds what this hvs cannot read.",
        "Was the store changed by hand? Put back a backup, or report it with the text of the error.";
    STORE_READ_ONLY: "The store can only be read, and something was to be written.",
        "Check that its file system and file are writable for this user.";
    STORE_LOCKED: "Another process kept the store locked for longer than the wait for it.",
        "Nothing, if it was a passing moment; else find the process that has the store's file open.";
    STORE_FULL: "There is no room left for the store; nothing of the last step was written.",
        "Make room on its file system; nothing is lost, the next run goes on (docs/recovery.md).";
    STORE_CONSTRAINT: "A write contradicts what the store holds (an item in two links, two live intents for one side); nothing was written.",
        "Nothing: the next run observes and plans again. If it repeats, please report it.";
    STORE_TOO_LARGE: "A value is too large for the store; nothing was written.",
        "Shorten the item that the message names.";
    STORE_IO: "The store's file could not be opened, read or written.",
        "Check the disk and its free space, the permissions of the store's directory, and the system's log; nothing that was written is lost, the next run goes on.";
    STORE_ENCODE: "A row could not be put into the form in which it is stored; nothing was written.",
        "This is a bug of hvs: please report it.";
    STORE_CLOSED: "The store was used after it was closed.",
        "This is a bug of hvs: please report it.";
    STORE_SQL: "SQLite refused a statement.",
        "This is a bug of hvs: please report it.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::CODES;

    #[test]
    fn codes_are_unique_and_each_has_a_meaning_and_a_remedy() {
        let names: HashSet<_> = CODES.iter().map(|(code, ..)| code).collect();
        assert_eq!(names.len(), CODES.len());
        for (code, meaning, remedy) in CODES {
            assert!(
                code.starts_with("STORE_") && meaning.ends_with('.') && remedy.ends_with('.'),
                "{code}"
            );
        }
    }
}
