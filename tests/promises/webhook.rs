//! Events as a program elsewhere gets them: signed, in order, again when it was not well, and not for
//! ever.

use std::collections::VecDeque;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::bare::{self, Bare};
use crate::program::{Program, until};
use crate::support::proxy::Proxy;

/// How a request is answered.
#[derive(Clone, Copy, Debug)]
enum How {
    Status(&'static str),
    /// Not within the time that is given.
    Late,
    /// The connection is closed.
    Close,
}

const GOOD: How = How::Status("204 No Content");

/// A request that came.
#[derive(Clone, Debug)]
struct Came {
    at: Instant,
    head: String,
    body: String,
}

impl Came {
    fn header(&self, name: &str) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(of, _)| of.eq_ignore_ascii_case(name));
        found.next().expect("the header").1.to_owned()
    }

    fn events(&self) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).expect("JSON");
        body["events"].as_array().expect("a list").clone()
    }
}

/// The program elsewhere. It answers as it was told to, and then well.
struct Elsewhere {
    address: SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
    _task: JoinSet<()>,
}

impl Elsewhere {
    async fn start(answers: &[How], tls: Option<TlsAcceptor>) -> Elsewhere {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let came = Arc::new(Mutex::new(Vec::new()));
        let mut task = JoinSet::new();
        task.spawn(serve(listener, answers.iter().copied().collect(), tls, came.clone()));
        Elsewhere { address, came, _task: task }
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().expect("no panic").clone()
    }

    async fn until(&self, count: usize) -> Vec<Came> {
        until("enough has come", || Some(self.came()).filter(|came| came.len() >= count)).await
    }

    /// What it has been told, each event once.
    fn told(&self) -> Vec<String> {
        let mut seqs = std::collections::BTreeMap::new();
        for event in self.came().iter().flat_map(Came::events) {
            let name = event["type"].as_str().expect("a type").to_owned();
            seqs.insert(event["seq"].as_u64().expect("a number"), name);
        }
        seqs.into_values().collect()
    }
}

async fn serve(
    listener: TcpListener,
    mut answers: VecDeque<How>,
    tls: Option<TlsAcceptor>,
    came: Arc<Mutex<Vec<Came>>>,
) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        match &tls {
            Some(tls) => match tls.accept(stream).await {
                Ok(stream) => serve_one(stream, &mut answers, &came).await,
                Err(_) => continue,
            },
            None => serve_one(stream, &mut answers, &came).await,
        }
    }
}

async fn serve_one<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    answers: &mut VecDeque<How>,
    came: &Mutex<Vec<Came>>,
) {
    let mut bytes = Vec::new();
    let request = loop {
        if let Some(request) = whole(&bytes) {
            break request;
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    };
    came.lock().expect("no panic").push(request);
    match answers.pop_front().unwrap_or(GOOD) {
        How::Status(status) => {
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        How::Late => sleep(Duration::from_millis(900)).await,
        How::Close => {}
    }
}

fn whole(bytes: &[u8]) -> Option<Came> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let came = Came { at: Instant::now(), head: head.to_owned(), body: body.to_owned() };
    (came.header("content-length").parse() == Ok(body.len())).then_some(came)
}

/// Whether it was signed with what is in this file.
fn is_signed(came: &Came, secret: &Path) -> bool {
    let secret = fs::read_to_string(secret).expect("a secret");
    let signature = came.header("mudkeep-signature");
    let (time, hex) = signature.split_once(",v1=").expect("two parts");
    let time = time.strip_prefix("t=").expect("a time");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.trim().as_bytes()).expect("any key");
    mac.update(format!("{time}.{}", came.body).as_bytes());
    let right: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let age = now.expect("after 1970").as_secs().abs_diff(time.parse().expect("a number"));
    hex == right && age < 60
}

struct Scene {
    folder: TempDir,
    game: Bare,
    proxy: Proxy,
}

impl Scene {
    async fn start(elsewhere: &Elsewhere, more: &str) -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let game = Bare::start().await;
        let settings = format!(
            "webhook.url = \"http://{}/events?of=mud\"\nwebhook.secret_file = \"{}\"\n{more}\n{}",
            elsewhere.address,
            folder.path().join("secret").display(),
            bare::SETTINGS
        );
        let proxy = Proxy::start(&game.address().to_string(), &settings).await;
        Scene { folder, game, proxy }
    }
}

#[tokio::test]
async fn what_happens_is_sent_signed_and_in_order() {
    let elsewhere = Elsewhere::start(&[], None).await;
    let scene = Scene::start(&elsewhere, "").await;
    let (alice, _) = bare::player(scene.proxy.address(), 1).await;
    let first = elsewhere.until(1).await.remove(0);
    assert!(first.head.starts_with("POST /events?of=mud HTTP/1.1\r\n"), "{}", first.head);
    assert_eq!(first.header("host"), elsewhere.address.to_string());
    assert_eq!(first.header("content-type"), "application/json");
    assert_eq!(first.events()[0]["type"], "login");
    assert!(first.events()[0]["user"].is_string());
    let again = bare::door(scene.proxy.address(), 1).await;
    again.line(&crate::world::letters(1)).await;
    again.expect("Password: ").await;
    again.line("sekrit").await;
    again.expect(&crate::world::texts().taken_here().unwrap()).await;
    alice.expect_end().await;
    drop(again);
    scene.proxy.ban("user:nobody", None);
    elsewhere.until(3).await;
    scene.proxy.stop().await;
    let told = elsewhere.told();
    assert_eq!(
        told,
        ["login", "taken_over", "session_ended", "banned", "session_ended"],
        "what else happened is not asked for"
    );
    let secret = scene.folder.path().join("secret");
    let all = elsewhere.came();
    assert!(all.iter().all(|came| is_signed(came, &secret)));
    let mut ids: Vec<String> = all.iter().map(|came| came.header("mudkeep-delivery")).collect();
    assert!(
        all.iter()
            .zip(&ids)
            .all(|(came, id)| came.body.contains(&format!("\"delivery\":\"{id}\"")))
    );
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len());
    assert_eq!(scene.game.open(), 0);
}

#[tokio::test]
async fn what_did_not_arrive_is_sent_again_the_same() {
    let answers = [
        How::Status("503 Service Unavailable"),
        How::Late,
        How::Close,
        How::Status("429 Too Many Requests\r\nretry-after: 4"),
    ];
    let elsewhere = Elsewhere::start(&answers, None).await;
    let scene =
        Scene::start(&elsewhere, "webhook.timeout = \"300ms\"\nwebhook.events = [\"banned\"]")
            .await;
    let start = Instant::now();
    for who in ["a", "b", "c"] {
        scene.proxy.ban(&format!("user:{who}"), None);
        sleep(Duration::from_millis(50)).await;
    }
    assert!(start.elapsed() < Duration::from_secs(1), "nobody waits for it");
    let came = elsewhere.until(6).await;
    for again in &came[1..5] {
        assert_eq!(again.body, came[0].body);
        assert_eq!(again.header("mudkeep-delivery"), came[0].header("mudkeep-delivery"));
    }
    assert_eq!(came[0].events().len(), 1);
    let rest: Vec<Value> = came[5].events().iter().map(|event| event["who"].clone()).collect();
    assert_eq!(rest, ["user:b", "user:c"]);
    assert!(came[4].at - came[3].at >= Duration::from_secs(4), "it was asked to wait so long");
    assert!(came[1].at - came[0].at >= Duration::from_millis(250));
    let secret = scene.folder.path().join("secret");
    assert!(came.iter().all(|came| is_signed(came, &secret)));
}

#[tokio::test]
async fn what_is_not_wanted_is_given_up_and_what_comes_after_it_is_sent() {
    for (answers, requests) in [
        (vec![How::Status("404 Not Found")], 2),
        (vec![How::Status("302 Found\r\nlocation: http://127.0.0.1:1/")], 2),
        (vec![How::Status("500 Internal Server Error"); 2], 3),
    ] {
        let elsewhere = Elsewhere::start(&answers, None).await;
        let settings = "webhook.retries_max = 1\nwebhook.events = [\"banned\"]";
        let scene = Scene::start(&elsewhere, settings).await;
        scene.proxy.ban("user:a", None);
        elsewhere.until(answers.len()).await;
        scene.proxy.ban("user:b", None);
        let came = elsewhere.until(requests).await;
        assert_eq!(came.len(), requests, "{answers:?}");
        let whom = |came: &Came| came.events()[0]["who"].clone();
        assert_eq!((whom(&came[0]), whom(&came[requests - 1])), (json!("user:a"), json!("user:b")));
    }
}

#[tokio::test]
async fn one_that_is_gone_keeps_nobody_from_playing_or_stopping() {
    let elsewhere = Elsewhere::start(&[How::Late; 100], None).await;
    let scene = Scene::start(&elsewhere, "webhook.queue_max = 2").await;
    for number in 1..5 {
        let (player, _) = bare::player(scene.proxy.address(), number).await;
        bare::acts(&player).await;
    }
    let start = Instant::now();
    scene.proxy.stop().await;
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_refused_and_said_and_one_that_is_named_is_taken() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("they belong together");
    let folder = tempfile::tempdir().expect("a folder");
    let (good, other) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    fs::write(&good, cert.pem()).expect("a file");
    let stranger = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    fs::write(&other, stranger.cert.pem()).expect("a file");
    let game = Bare::start().await;
    for (ca, arrives) in [(&other, false), (&good, true)] {
        let elsewhere =
            Elsewhere::start(&[], Some(TlsAcceptor::from(Arc::new(config.clone())))).await;
        let settings = format!(
            "webhook.url = \"https://localhost:{}/\"\nwebhook.secret_file = \"FOLDER/secret\"\n\
             webhook.ca_file = \"{}\"\nlog.level = \"info\"\nwebhook.events = [\"login\"]\n{}",
            elsewhere.address.port(),
            ca.display(),
            bare::SETTINGS
        );
        let program = Program::before(game.address(), &settings).await;
        let _alice = bare::player(program.address(), 1).await;
        if arrives {
            let came = elsewhere.until(1).await;
            assert_eq!(came[0].events()[0]["type"], "login");
            assert!(is_signed(&came[0], &program.folder().join("secret")));
        } else {
            let said = until("it is said", || {
                let log = program.log();
                log.lines()
                    .find(|line| line.contains("the webhook did not take"))
                    .map(str::to_owned)
            })
            .await;
            assert!(said.contains("invalid peer certificate"), "{said}");
            assert!(elsewhere.came().is_empty());
        }
    }
}
