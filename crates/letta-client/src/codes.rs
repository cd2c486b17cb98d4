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
    LETTA_BASE_URL: "The configured address of Letta is no http or https address, or it holds a user name or password.",
        "Set it to the server's address, as in http://127.0.0.1:8283, and the password as the token.";
    LETTA_PROJECT: "The configured Letta project holds a character that no HTTP header can carry.",
        "Correct the project's name (its slug) in the config.";
    LETTA_APP_SERVER: "The address belongs to a Letta App Server (the successor of Letta 0.16), which has no agents and blocks over HTTP.",
        "Point the config at a Letta server up to 0.16.8 or at the hosted service; the App Server is not supported.";
    LETTA_NOT_LETTA: "What answers at the address is not Letta's REST API.",
        "Check address and port (8283 by default, not the address of a web page), and a proxy in front.";
    LETTA_REDIRECT: "The server, or a proxy, redirects; credentials are never carried along, so it is not followed.",
        "Put the final address (with https where the server has it) into the config, and let the proxy keep paths with their trailing slashes.";
    LETTA_HTML: "A web page came instead of an answer.",
        "Check the address and a proxy in front of the server.";
    LETTA_NOT_JSON: "The answer is neither JSON nor a known failure.",
        "Look for a proxy in front of the server.";
    LETTA_BROKEN_JSON: "The answer's JSON breaks off or is garbled.",
        "Look for a proxy that cuts answers; the next run tries again.";
    LETTA_SHAPE: "The server's JSON has another shape than the one this client knows; route and field are named.",
        "Report the server's version and the message.";
    LETTA_ROUTE_MISSING: "The server does not know the route or the verb.",
        "Check the address (also a proxy in front) and the server's version: 0.16 is supported.";
    LETTA_LIST_ENDLESS: "A list of the server cannot be read to its end: it goes on for ever, or the place to go on from is ignored.",
        "Look for a proxy that drops query strings; nothing is concluded from such a list.";
    LETTA_UNAUTHORIZED: "Letta refuses the token (a self-hosted server: its password).",
        "Correct the token in the config: LETTA_SERVER_PASSWORD of a self-hosted server, an API key of the hosted service.";
    LETTA_FORBIDDEN: "Letta does not allow this to the holder of the token.",
        "Use a token with the rights for agents and blocks of this project.";
    LETTA_NOT_FOUND: "There is no agent, block or folder with this id (any more).",
        "Nothing to do: it is looked for, or made again, where the config says so.";
    LETTA_HANDLE: "The model or embedding model is missing, malformed or not on this server.",
        "Set a handle (provider/name) that the server lists, as GET /v1/models/ and /v1/models/embedding show.";
    LETTA_NAME: "The name of an agent holds characters that Letta refuses; letters, digits, space, _, - and ' are allowed.",
        "Correct the name in the config's pattern.";
    LETTA_TOO_LONG: "A value is longer than its limit, or than the server takes.",
        "Raise the block's limit in the config, or lower what goes into the block.";
    LETTA_BAD_VALUE: "Letta refuses a value.",
        "Correct the value that the server's words name; where it is none of the config's, please report the message.";
    LETTA_FILE_TYPE: "Letta does not take files of this type.",
        "Upload text or markdown only.";
    LETTA_TWIN: "Something with this name or label is there already.",
        "Nothing to do: it is read and used.";
    LETTA_CONFLICT: "The server reports a conflict.",
        "Nothing to do: it is read again and planned afresh.";
    LETTA_LOCK_RACE: "Another write of the same row was under way; nothing was changed.",
        "Nothing to do: it is tried again.";
    LETTA_AGENT_BUSY: "The agent works on another message; this one was not taken.",
        "Nothing to do; where it lasts, look at the agent's runs in Letta.";
    LETTA_INCOMPLETE: "The server answered well, but did not store all that was sent; what is missing is named.",
        "Nothing at first: it is read and written again; where it lasts, report the server's version and the message.";
    LETTA_BUSY: "The server, or a proxy in front of it, is busy or unreachable for the moment.",
        "Nothing to do: it is tried again.";
    LETTA_QUOTA: "A quota of the hosted service (or of the model's provider) is used up; waiting seconds does not help.",
        "See the limits of the account in Letta, or wait until the quota is renewed.";
    LETTA_PROVIDER: "The model's provider refused or failed, not Letta itself.",
        "Check the provider's key and limits in the Letta server's settings.";
    LETTA_HTTP_500: "The server failed while it carried out the request.",
        "Look at the server's log; a create is looked for before it is sent again.";
    LETTA_HTTP_OTHER: "The server answered with a status that it never sends by itself.",
        "Look for a proxy in front of the server.";
}
