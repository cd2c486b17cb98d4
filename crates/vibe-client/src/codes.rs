//! The stable codes of this client, with meaning and remedy.

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
    VIBE_BASE_URL: "The configured address of Vibe Kanban is no http or https address.",
        "Set it to the server's address, as in http://127.0.0.1:3000.";
    VIBE_REMOTE_SERVER: "The address belongs to a remote Vibe Kanban server (organisations and issues), not to a local one.",
        "Point the config at a local server up to v0.1.14.";
    VIBE_NO_TASKS_API: "The server is Vibe Kanban v0.1.15 or later, which has no local projects and tasks.",
        "Run a local server up to v0.1.14.";
    VIBE_NOT_VIBE: "What answers at the address is not Vibe Kanban.",
        "Check address and port; the server writes its port to vibe-kanban/vibe-kanban.port in the temporary directory.";
    VIBE_SHAPE: "The server's JSON has another shape than the one this client knows; route and field are named.",
        "Report the server's version and the message.";
    VIBE_SHAPE_CHANGED: "The server wants the request body of the other API shape; it was probably replaced during the run.",
        "Start the run again: the shape is found out at connect.";
    VIBE_HTML: "The server answered with its web page, so the route does not exist there.",
        "Check the address and the server's version.";
    VIBE_ROUTE_MISSING: "The server does not know the route or the verb.",
        "Check the address (also a proxy in front) and the server's version.";
    VIBE_NOT_JSON: "The answer is neither JSON nor a known failure.",
        "Look for a proxy in front of the server.";
    VIBE_BROKEN_JSON: "The answer's JSON breaks off or is garbled.",
        "Look for a proxy that cuts answers; the next run tries again.";
    VIBE_ORIGIN: "The server refused the request because of its origin, or a proxy refused it.",
        "Look for a proxy that adds an Origin header; the client sends none.";
    VIBE_LOGIN: "Something in front of the server asks for a login; the local API has none.",
        "Give hvs an address that needs no login.";
    VIBE_SHARED_TASK: "The task is shared through the cloud; the server refuses to change it without a cloud login.",
        "Unshare the task in Vibe Kanban, or log in there.";
    VIBE_AGENT_RUNNING: "The task cannot be deleted while an agent works on it.",
        "Wait for the agent; the next run tries again.";
    VIBE_NOT_FOUND: "There is no project or task with this id (any more).",
        "Nothing to do: it is read again and planned afresh.";
    VIBE_CONFLICT: "The server reports a conflict.",
        "Nothing to do: it is read again and planned afresh.";
    VIBE_TOO_LARGE: "The request is larger than the 2 MiB that the server takes.",
        "Shorten the description of the item named in the message.";
    VIBE_BAD_REQUEST: "The server could not read the request.",
        "This is a bug of hvs or a new server version: please report the message.";
    VIBE_BAD_VALUE: "The server refuses a value.",
        "Correct the value that the server's words name.";
    VIBE_PROJECT_UNKNOWN: "The server has no project (or parent) with the id that was sent; it answers 500 for ever.",
        "The project was deleted in Vibe Kanban: choose what its links shall do.";
    VIBE_REPOSITORY_NEEDED: "This server makes no project without a git repository.",
        "Give the project's repository path in the config or in the Huly project's description.";
    VIBE_PATH_TAKEN: "Another project of the server already uses this repository path.",
        "Link that project, or give another path.";
    VIBE_PATH_MISSING: "The repository path does not exist on the server's machine.",
        "Correct the path, or create the directory.";
    VIBE_PATH_NOT_DIRECTORY: "The repository path is no directory.",
        "Correct the path.";
    VIBE_PATH_NOT_GIT: "The repository path holds no git repository.",
        "Correct the path, or run git init there.";
    VIBE_REPOSITORY_TWICE: "The same repository name or path was given twice for one project.",
        "Remove one of the two.";
    VIBE_REFUSED: "The server refused (success: false) with words that this client does not know.",
        "See the server's words in the message.";
    VIBE_BUSY: "The server, or a proxy in front of it, is busy or unreachable for the moment.",
        "Nothing to do: it is tried again.";
    VIBE_TASK_BUSY: "Another change of the same task took so long that this one was not sent.",
        "Nothing to do: it is tried again.";
    VIBE_HTTP_500: "The server failed while it carried out the request.",
        "Look at the server's log; a read is tried again, a write is looked for first.";
    VIBE_HTTP_OTHER: "The server answered with a status that it never sends by itself.",
        "Look for a proxy in front of the server.";
}
