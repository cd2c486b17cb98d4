//! The stable codes that this crate raises by itself, with meaning and remedy. Clients add tables of their own.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident: $meaning:literal, $remedy:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: &str = stringify!($name);
        )*
        /// Every code of this crate: code, meaning, remedy.
        pub const CODES: &[(&str, &str, &str)] = &[$(($name, $meaning, $remedy)),*];
    };
}

codes! {
    NET_TIMEOUT: "The server took the request and did not answer within the timeout of one try.",
        "Look at the server's load; raise the read or write timeout if it is just slow.";
    NET_DEADLINE: "The call did not end within its overall deadline, waits and repeats included.",
        "Look at the server's load and at the limits on concurrency and rate; the next run tries again.";
    NET_CONNECT: "No connection could be made in time, or it broke off while it was made; nothing was sent.",
        "Check that the server runs, and its address, port, firewall and proxy.";
    NET_REFUSED: "The connection was refused: nothing listens at this address and port; nothing was sent.",
        "Check that the server runs, and its address, port, firewall and proxy.";
    NET_UNREACHABLE: "There is no way to this host from here; nothing was sent.",
        "Check the network, VPN, routes and firewall of this machine.";
    NET_DNS: "The host's name has no address; nothing was sent.",
        "Check the name in the address, and this machine's DNS.";
    NET_INSECURE: "The address is plain http and not of this machine, so secrets could be read on the way; nothing was sent.",
        "Use https, or set `allow_insecure_http = true` in [huly] or [vibe] where the network is trusted.";
    NET_HTML: "A web page came instead of an answer: a captive portal, a proxy or another program answers at this address.",
        "Open the address in a browser: sign in to the network where a portal asks for it, else correct the address.";
    NET_RESET: "The connection broke after the request was sent, before an answer came.",
        "Look for a restart or a proxy that cuts connections; the next run tries again.";
    NET_BODY: "The answer broke off or could not be decompressed.",
        "Look for a proxy that cuts or changes answers; the next run tries again.";
    NET_BODY_TOO_LARGE: "The answer is larger than the body cap, counted after decompression.",
        "Raise the service's body cap if the answer is legitimate.";
    NET_REDIRECT: "The server redirects to another host or redirects a write; credentials are not carried there.",
        "Put the final address of the service into the config.";
    NET_TLS: "The server's certificate was refused, or TLS could not be agreed.",
        "Check the certificate's name, dates and issuer, and the clock of this machine.";
    NET_TLS_ROOTS: "This machine has no root certificates, so no https address can be trusted.",
        "Install the system's root certificates (Debian: apt-get install ca-certificates), or set SSL_CERT_FILE.";
    NET_SETUP: "The HTTP client could not be built, or the request has a form that cannot be sent.",
        "Check the address and proxy settings named in the message.";
    NET_SETTINGS: "A setting of the HTTP stack is outside its bounds.",
        "Correct the setting named in the message.";
    NET_SILENCE: "The service timed out several times in a row and is left alone for a while so that it can recover.",
        "Wait; one probe is sent when the silence ends. Look at the server if it lasts.";
    NET_BREAKER: "Too many calls to the service failed, so it is left alone for a while; nothing was sent.",
        "Wait; one probe is sent when the time is over (`breaker.open_for`). Look at the server if it lasts.";
    NET_QUEUE: "Too many calls to the service wait for their turn; nothing was sent.",
        "The next run tries again; look at the server if it is slow.";
    NET_PERMIT: "The right to write would not outlast this write, so it was not sent.",
        "Nothing is to be done: the next run does it. Look at the server, and at `lease.ttl`, if it lasts.";
    NET_RATE: "The rate limit leaves no room for this call before its deadline; nothing was sent.",
        "The next run tries again; raise the rate if the server allows more.";
    NET_ENCODE: "A request body could not be written as JSON; nothing was sent.",
        "This is a bug of hvs: please report it.";
    NET_TOKEN: "The token holds a character that no HTTP header can carry; nothing was sent.",
        "Check the configured token for line breaks and quotes.";
}
