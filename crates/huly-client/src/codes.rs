//! The stable codes that this client raises, with meaning and remedy. The stack's own (`NET_*`) are in
//! [`http_kit::codes`].

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
    HULY_TOKEN_REFUSED: "Huly does not take the token: it is damaged, expired, or of another installation.",
        "Sign in again, or put a new token into the config.";
    HULY_LOGIN_REFUSED: "Huly refused the e-mail address and password (it does not say which of them is wrong).",
        "Correct them before the next run: Huly locks the account after five wrong passwords.";
    HULY_LOGIN_LOCKED: "Huly locked the account's password login after too many wrong passwords.",
        "Wait, or have it unlocked; do not try the same password again.";
    HULY_LOGIN_TWO_FACTOR: "The account asks for a second factor, which an unattended program cannot give.",
        "Use a token instead of a password, or an account of its own without a second factor.";
    HULY_WORKSPACE_WRONG: "Huly answered for another workspace than the one asked for.",
        "Check the workspace's short name: it is the one in the browser's address.";
    HULY_WORKSPACE_UNKNOWN: "Huly knows no workspace of that name.",
        "Check the workspace's short name: it is the one in the browser's address.";
    HULY_NOT_A_MEMBER: "The account is not a member of the workspace.",
        "Have an owner of the workspace invite the account.";
    HULY_PROJECT_NOT_A_MEMBER: "The account is not among the members of the project, so its issues cannot be seen (the list is just empty).",
        "Add the account to the project's members in Huly (being an owner does not count), or take the project out of the config.";
    HULY_SESSION_REFUSED: "Huly opened no session: the workspace is being upgraded, or the account is no member of it.",
        "Wait if an upgrade is going on; else check the account's membership of the workspace.";
    HULY_WORKSPACE_UPGRADING: "The workspace is being upgraded or moved; the account is a member of it.",
        "Wait: the next run tries again.";
    HULY_WORKSPACE_CLOSED: "The workspace is archived or otherwise closed.",
        "Have the workspace opened again, or take it out of the config.";
    HULY_FORBIDDEN: "The rules of a space forbid this to the account.",
        "Give the account the right in that project, or take the project out of the config.";
    HULY_ACCOUNT_MISMATCH: "Huly says that the author of a write is not the account that is signed in.",
        "This is a bug of hvs: please report it.";
    HULY_BAD_REQUEST: "Huly does not understand the request.",
        "Check that the version of Huly is supported; else this is a bug of hvs: please report it.";
    HULY_CLASS_UNKNOWN: "Huly does not know a class of documents that this program needs.",
        "Check that the tracker is installed in the workspace and that the version of Huly is supported.";
    HULY_EXISTS: "A document with this id exists already.",
        "None needed: it is read and adopted.";
    HULY_PROJECT_MISSING: "The project to be numbered in is not there any more.",
        "None needed: the project is read again.";
    HULY_DESCRIPTION_LIVE: "Somebody still has the description of this id open, so it cannot be stored beforehand.",
        "None needed: the issue is made without it and the description is written afterwards.";
    HULY_BLOB_MISSING: "The stored text that an issue names as its description is not there.",
        "Open and save the description in Huly; look at the installation's file storage.";
    HULY_HTTP_429: "The account has used up its requests (1,500 in 30 s, over all its programs).",
        "Wait; lower the rate if other programs use the same account.";
    HULY_HTTP_404: "The server does not know this route.",
        "Check the address and that the version of Huly is supported.";
    HULY_HTTP_REJECTED: "The server refuses the request with a status of the 400s.",
        "Look at the server's words; a proxy in between may be the cause.";
    HULY_HTTP_STATUS: "The server answers with a status that this client does not expect.",
        "Check the address; a proxy in between may be the cause.";
    HULY_SERVER_ERROR: "The server failed, or a proxy before it did.",
        "The next run tries again; look at the server's log if it lasts.";
    HULY_SHAPE: "An answer has not the shape this client knows; route and field are named.",
        "Check that the version of Huly is supported and that the address is Huly's own.";
    HULY_VERSION: "The version of Huly is below 0.7 or cannot be told.",
        "Upgrade Huly to 0.7 or later.";
    HULY_CONFIG: "The front's config.json is missing or does not name the services.",
        "Check the address: it is the one that people open in the browser.";
    HULY_ADDRESS: "An address given by Huly or by the config is not an http(s) or ws(s) address.",
        "Check the address named in the message.";
    HULY_TOO_LARGE: "The description is larger than the collaborator takes (10 MB); nothing was sent.",
        "Shorten the description, or leave it out of the sync.";
    HULY_BATCH: "A batch is empty or larger than one conditional transaction may carry; nothing was sent.",
        "This is a bug of hvs: please report it.";
    HULY_BRIDGE_ADDRESS: "What answers at the address is not the HTTP bridge to Huly.",
        "Check `huly.url`: with `huly.api = \"bridge\"` it is the bridge's address, often with port 3458.";
    HULY_BRIDGE_NOT_CONNECTED: "The bridge runs, but it is not connected to Huly.",
        "Look at the bridge's log; the next run tries again.";
    HULY_BRIDGE_NOT_FOUND: "The bridge knows no project or issue of this identifier (any more).",
        "Nothing to do: it is read again and planned afresh.";
    HULY_BRIDGE_ROUTE: "The bridge does not know the route or the verb: it is of another form than it said.",
        "Check the address (also a proxy in front) and the bridge's version.";
    HULY_BRIDGE_REFUSED: "The bridge refuses a value.",
        "See the bridge's words in the message.";
    HULY_BRIDGE_STATUS: "The bridge knows no status of this name.",
        "Name one of the statuses in the message under [status.to_huly].";
    HULY_BRIDGE_INCOMPLETE: "The bridge's list of a project's issues is cut: there are more than it gives out.",
        "Use the platform API (`huly.api = \"platform\"`) for this workspace; nothing was taken for missing.";
    HULY_BRIDGE_LOGIN: "Something in front of the bridge asks for a login; the bridge itself has none.",
        "Give hvs an address that needs no login.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_with_meaning_and_remedy() {
        let mut names: Vec<_> = CODES.iter().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CODES.len());
        for (name, meaning, remedy) in CODES {
            assert!(name.starts_with("HULY_"), "{name}");
            assert!(!meaning.is_empty() && !remedy.is_empty(), "{name}");
        }
    }
}
