//! Codes of what informing itself raises.

/// Code, meaning, remedy.
pub const CODES: &[(&str, &str, &str)] = &[
    (
        AGENT_GONE,
        "a project's agent is not there any more",
        "it is made again, unless `letta.deleted` says that it stays away; `hvs letta list` shows how each agent stands",
    ),
    (
        AGENT_TAKEN,
        "an agent cannot be made this project's",
        "`hvs letta adopt PROJECT` lists the agents that may be meant; one agent is told of one project, and a directory has none to take over",
    ),
    (
        AGENT_TEMPLATE,
        "the agent that new ones are made like cannot be found or used, or has a tool that the server has not",
        "set `letta.template` to the id of the agent that is meant, or to a name or tag that it alone has; agents that are there are told all the same",
    ),
    (
        AGENT_TWINS,
        "several agents bear the tags of one project",
        "the oldest one is told; look at the others and remove those that nobody needs",
    ),
    (
        AGENT_UNANSWERED,
        "a request to make an agent had no answer, so nobody knows yet whether it was made",
        "nothing: it is looked for before anything is sent again",
    ),
    (
        CHECK_MODEL,
        "the model or the embedding in the configuration is not on the Letta server",
        "take one of those that the server has; `hvs check` names them",
    ),
    (
        DIGEST_FILE,
        "a digest's file or directory could not be read or written",
        "see that the directory in `letta.dir` can be written and has room; the next run writes it again",
    ),
    (
        INFORM_DEADLINE,
        "some agents were not told before the run ended",
        "nothing: the next run tells them; `letta.deadline` says how long a run waits",
    ),
];

/// A project's agent is gone.
pub const AGENT_GONE: &str = "AGENT_GONE";
/// An agent that cannot be taken over.
pub const AGENT_TAKEN: &str = "AGENT_TAKEN";
/// No template.
pub const AGENT_TEMPLATE: &str = "AGENT_TEMPLATE";
/// Several agents for one project.
pub const AGENT_TWINS: &str = "AGENT_TWINS";
/// A create without an answer.
pub const AGENT_UNANSWERED: &str = "AGENT_UNANSWERED";
/// A model that the server does not have.
pub const CHECK_MODEL: &str = "CHECK_MODEL";
/// A file of the directory sink.
pub const DIGEST_FILE: &str = "DIGEST_FILE";
/// Not told in time.
pub const INFORM_DEADLINE: &str = "INFORM_DEADLINE";
