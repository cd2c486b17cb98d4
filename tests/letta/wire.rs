//! HTTP/1.1 as far as it is needed here: to ask the server ourselves, and to count what hvs asks it.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request or an answer.
#[derive(Debug)]
struct Message {
    /// Its first line.
    line: String,
    /// All of it as it came.
    bytes: Vec<u8>,
    /// Where its body begins.
    body: usize,
}

/// Reads one; `None` at the end of the connection.
async fn message(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Message>> {
    let mut bytes = Vec::new();
    let mut first = None;
    let mut length = 0;
    loop {
        let start = bytes.len();
        if from.read_until(b'\n', &mut bytes).await? == 0 {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&bytes[start..])
            .trim_end()
            .to_owned();
        if text.is_empty() {
            break;
        }
        match text.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap();
            }
            Some((name, _)) if name.eq_ignore_ascii_case("transfer-encoding") => {
                panic!("neither side has sent a body in chunks before: {text}");
            }
            Some(_) | None => {}
        }
        first.get_or_insert(text);
    }
    let body = bytes.len();
    bytes.resize(body + length, 0);
    from.read_exact(&mut bytes[body..]).await?;
    let line = first.unwrap_or_default();
    Ok(Some(Message { line, bytes, body }))
}

/// Asks the server at `url` (`http://host:port`) something, on a connection of its own. Status and body.
pub(crate) async fn ask(
    url: &str,
    password: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let host = url.strip_prefix("http://").unwrap();
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {password}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = BufReader::new(TcpStream::connect(host).await.unwrap());
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = message(&mut stream).await.unwrap().unwrap();
    let status = answer.line.split(' ').nth(1).unwrap().parse().unwrap();
    let body = &answer.bytes[answer.body..];
    (status, serde_json::from_slice(body).unwrap_or(Value::Null))
}

/// What went through a [`Counted`].
#[derive(Debug, Default)]
struct Seen {
    /// Method and path with query, in order.
    requests: Vec<String>,
    /// The next answer to a request that begins so is kept back, and the connection broken.
    lose: Option<String>,
}

/// A door to the server that counts what goes through it. Connections behind it live and end with those in front.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) url: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Counted {
    /// Opens it in front of the server at `url`.
    pub(crate) async fn before(url: &str) -> Counted {
        let host = url.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let counts = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (host, seen) = (host.clone(), Arc::clone(&counts));
                // a connection that breaks is both sides' everyday business
                tokio::spawn(async move { drop(pass(client, &host, &seen).await) });
            }
        });
        Counted {
            url: format!("http://{address}"),
            seen,
            task,
        }
    }

    /// What was asked since the last time this was asked.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().requests)
    }

    /// Keeps back the next answer to a request that begins so.
    pub(crate) fn lose(&self, request: &str) {
        self.seen.lock().unwrap().lose = Some(request.to_owned());
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, host: &str, seen: &Mutex<Seen>) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let mut server = BufReader::new(TcpStream::connect(host).await?);
    loop {
        tokio::select! {
            more = client.fill_buf() => if more?.is_empty() { return Ok(()) },
            // the server closes what is idle: hvs must see that, too
            _ = server.fill_buf() => return Ok(()),
        }
        let Some(request) = message(&mut client).await? else {
            return Ok(());
        };
        let is_lost = {
            let mut seen = seen.lock().unwrap();
            let line = request.line.trim_end_matches(" HTTP/1.1").to_owned();
            let lost = seen.lose.take_if(|lost| line.starts_with(lost.as_str()));
            seen.requests.push(line);
            lost.is_some()
        };
        server.write_all(&request.bytes).await?;
        let Some(answer) = message(&mut server).await? else {
            return Ok(());
        };
        if is_lost {
            return Ok(());
        }
        client.write_all(&answer.bytes).await?;
    }
}
