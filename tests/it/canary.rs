//! No secret in any output (I16), also where a hostile server throws back whatever it is sent.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::process::{Process, Ran, hvs};

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.c4n4ry-t0ken.c4n4ry-s1gn";
const PASSWORD: &str = "c4n4ry-p4ss w0rd\"'<&";
/// What a part of a secret looks like, however it was quoted on the way.
const CANARY: &str = "c4n4ry";

/// What the hostile server answers with; `@` stands for the request, head and body, in one line.
const ANSWERS: &[&str] = &[
    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>@</html>",
    "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer realm=\"@\"\r\n\r\n{\"error\":\"@\"}",
    "HTTP/1.1 400 @\r\ncontent-type: application/json\r\n\r\n{\"message\":\"@\",\"error\":{\"code\":\"@\",\"params\":{\"x\":\"@\"}}}",
    "HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\n\r\n@",
    "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/?@\r\n\r\n@",
    "HTTP/1.1 307 Elsewhere\r\nlocation: /again?@\r\n\r\n@",
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"result\":{\"token\":\"@\",\"endpoint\":\"@\",\"workspace\":\"@\"},\"ACCOUNTS_URL\":\"@\",\"data\":\"@\"}",
    "@ is no HTTP at all",
];

/// A server that throws every request back in this answer.
struct Hostile {
    address: String,
    /// Whether it was sent a secret: only then can it throw one back.
    leaked: Arc<AtomicBool>,
}

impl Hostile {
    fn new(answer: &'static str) -> Hostile {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let leaked = Arc::new(AtomicBool::new(false));
        let (at, seen) = (address.clone(), Arc::clone(&leaked));
        // it ends with the test's process
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (at, seen) = (at.clone(), Arc::clone(&seen));
                thread::spawn(move || throw_back(socket, answer, &at, &seen));
            }
        });
        Hostile { address, leaked }
    }
}

/// Where the services are: told truthfully, or nobody would send a secret there.
fn config(at: &str) -> String {
    let config = format!(
        r#"{{"ACCOUNTS_URL":"{at}","COLLABORATOR_URL":"{at}","VERSION":"0.7.422","MODEL_VERSION":"0.7.422"}}"#
    );
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{config}"
    )
}

fn throw_back(mut socket: TcpStream, answer: &str, at: &str, leaked: &AtomicBool) {
    let mut request = vec![0; 65_536];
    // head and body of such small requests come together, or almost
    socket
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let mut length = 0;
    while let Ok(more @ 1..) = socket.read(&mut request[length..]) {
        length += more;
    }
    let said = String::from_utf8_lossy(&request[..length]).replace(['\r', '\n', '"'], " ");
    if said.contains(CANARY) {
        leaked.store(true, Ordering::Relaxed);
    }
    if said.starts_with("GET /config.json") {
        drop(socket.write_all(config(at).as_bytes()));
        return;
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    // a client that went away is no matter
    drop(write!(
        socket,
        "{}\r\nconnection: close\r\n\r\n{}",
        head.replace('@', &said),
        body.replace('@', &said)
    ));
}

async fn run(home: &std::path::Path, words: &[&str]) -> Ran {
    let process = Process::start(
        Command::new(hvs())
            .args(words)
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("RUST_BACKTRACE", "1")
            .env("HVS_HULY_HTTP_READ_TIMEOUT", "5 s")
            .env("HVS_VIBE_HTTP_READ_TIMEOUT", "5 s")
            .env("HVS_RETRY_BASE", "10 ms")
            .env("HVS_RETRY_CAP", "10 ms"),
    );
    process.wait().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_throws_secrets_back_does_not_get_them_into_any_output() {
    let credentials = [
        format!("token = \"{TOKEN}\""),
        format!("email = \"a@example.com\"\npassword = '''{PASSWORD}'''"),
    ];
    for (at, answer) in ANSWERS.iter().enumerate() {
        let home = tempfile::tempdir().unwrap();
        let server = Hostile::new(answer);
        let url = &server.address;
        let config = format!(
            "[huly]\nurl = \"{url}\"\nworkspace = \"acme\"\n{}\n[vibe]\nurl = \"{url}\"\n[store]\npath = \"hvs.db\"\n",
            credentials[at % 2]
        );
        std::fs::write(home.path().join("hvs.toml"), config).unwrap();
        for words in [
            &["-vvv", "check"][..],
            &["-vvv", "--log-format", "json", "sync", "once"],
            &["plan", "--json"],
            &["reconcile"],
            &["status"],
            &["config", "show"],
        ] {
            let ran = run(home.path(), words).await;
            assert!(ran.code.is_some_and(|code| code != 1), "a bug: {ran}");
            let shown = ran.out.contains(CANARY) || ran.err.contains(CANARY);
            assert!(!shown, "answer {at} got a secret into {ran}");
        }
        assert!(
            server.leaked.load(Ordering::Relaxed),
            "answer {at}: no secret was sent, so none could come back"
        );
        for file in std::fs::read_dir(home.path()).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() || path.ends_with("hvs.toml") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let is_in = bytes
                .windows(CANARY.len())
                .any(|part| part == CANARY.as_bytes());
            assert!(!is_in, "answer {at} got a secret into {}", path.display());
        }
    }
}
