//! mudkeep and Prometheus as programs, each with files of its own, on ports that the system picked.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked at.
const LOOK_TIME: Duration = Duration::from_millis(100);

/// Runs promtool in the project's folder: whether it finds things well, and what it says of errors.
pub(crate) fn promtool(arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = Command::new("promtool");
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut tool = command.spawn().expect("promtool: run scripts/set-up");
    tool.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = tool.wait_with_output().expect("it ends");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A program that ends with its handle.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command, log: &Path) -> Running {
    let log = fs::File::create(log).expect("a file");
    let errors = log.try_clone().expect("a file");
    command.stdin(Stdio::null()).stdout(log).stderr(errors);
    Running(
        command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/set-up")),
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test that waits for programs has a thread of its own"
)]
fn until<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(start.elapsed() < PATIENCE, "{what}: {seen}"),
        }
        std::thread::sleep(LOOK_TIME);
    }
}

/// Asks for a page; the answer's body.
fn ask(address: SocketAddr, path: &str, headers: &str) -> Result<String, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).map_err(told)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(told)?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).map_err(told)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(told)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        _ => Err(answer),
    }
}

/// mudkeep with its demo game and an admin's listener.
pub(crate) struct Mudkeep {
    _running: Running,
    admin: SocketAddr,
    token: String,
    _folder: TempDir,
}

impl Mudkeep {
    pub(crate) fn start() -> Mudkeep {
        let folder = tempfile::tempdir().expect("a folder");
        let (config, token) = (folder.path().join("proxy.toml"), folder.path().join("admin.token"));
        let admin = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let text = format!(
            "[game]\naddress = \"demo\"\n[[listen]]\nprotocol = \"telnet\"\naddress = \"127.0.0.1:0\"\n\
             [[listen]]\nprotocol = \"admin\"\naddress = \"{admin}\"\n[store]\npath = \"\"\n"
        );
        fs::write(&config, text).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mudkeep"));
        command.arg("--config").arg(&config).current_dir(folder.path());
        let log = folder.path().join("log");
        let running = start(&mut command, &log);
        let token = until("mudkeep runs", || {
            TcpStream::connect(admin).map_err(|_| fs::read_to_string(&log).unwrap_or_default())?;
            fs::read_to_string(&token).map_err(|error| error.to_string())
        });
        let token = token.trim().to_owned();
        Mudkeep { _running: running, admin, token, _folder: folder }
    }

    pub(crate) fn metrics(&self, accept: &str) -> String {
        let headers = format!("Authorization: Bearer {}\r\nAccept: {accept}\r\n", self.token);
        ask(self.admin, "/metrics", &headers).expect("an answer")
    }
}

/// A Prometheus that scrapes it.
pub(crate) struct Prometheus {
    _running: Running,
    address: SocketAddr,
    log: std::path::PathBuf,
    _folder: TempDir,
}

impl Prometheus {
    /// With the files of contrib/; only the address is another, and it scrapes more often.
    pub(crate) fn before(mudkeep: &Mudkeep) -> Prometheus {
        Prometheus::with_token(mudkeep, &mudkeep.token)
    }

    pub(crate) fn with_token(mudkeep: &Mudkeep, token: &str) -> Prometheus {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        let config = include_str!("../../contrib/prometheus.yml");
        let changed = config.replace("127.0.0.1:4090", &mudkeep.admin.to_string());
        let changed = changed.replace("scrape_interval: 15s", "scrape_interval: 1s");
        assert!(changed.contains("interval: 1s") && changed.contains(&mudkeep.admin.to_string()));
        fs::write(file("prometheus.yml"), changed).expect("a file");
        fs::write(file("mudkeep.token"), token).expect("a file");
        let alerts = include_str!("../../contrib/prometheus-alerts.yml");
        fs::write(file("prometheus-alerts.yml"), alerts).expect("a file");
        let config = file("prometheus.yml").display().to_string();
        let (well, said) = promtool(&["check", "config", &config], "");
        assert!(well, "{said}");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={config}"));
        command.arg(format!("--storage.tsdb.path={}", file("data").display()));
        command.arg(format!("--web.listen-address={address}"));
        let log = file("log");
        let running = start(&mut command, &log);
        Prometheus { _running: running, address, log, _folder: folder }
    }

    /// Waits until a query comes to this value.
    pub(crate) fn says(&self, query: &str, value: &str) {
        let escaped: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        until(query, || {
            let log = || fs::read_to_string(&self.log).unwrap_or_default();
            let answer = ask(self.address, &format!("/api/v1/query?query={escaped}"), "")
                .map_err(|error| format!("{error}\n{}", log()))?;
            let expected = format!("\"{value}\"]}}]");
            if answer.contains(&expected) { Ok(()) } else { Err(answer) }
        });
    }
}
