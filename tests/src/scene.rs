//! A partnership in a temporary directory, and its broker in a process of its own.
#![expect(clippy::expect_used, clippy::panic, reason = "a test's ways to stop")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::person::Person;

/// How long a broker may take to serve, or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// A partnership, and its broker when it runs. The broker never outlives the scene.
#[derive(Debug)]
pub struct Scene {
    program: PathBuf,
    root: tempfile::TempDir,
    /// The broker's directory.
    pub dir: PathBuf,
    broker: Option<Child>,
}

/// Where the broker serves.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The services, `127.0.0.1:port`.
    pub services: String,
    /// Enrolment.
    pub enrolment: String,
}

impl Scene {
    /// A sample partnership with its broker running.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new(program: &str) -> Self {
        let mut scene = Self::at_rest(program);
        scene.start();
        scene
    }

    /// A sample partnership whose broker was not started yet.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn at_rest(program: &str) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let dir = root.path().join("partnership");
        let scene = Self { program: PathBuf::from(program), dir, root, broker: None };
        let dir = scene.dir.to_string_lossy().into_owned();
        // fixed for the scene's life: clients remember where the broker was, and it comes back there
        let (services, enrolment) = free_addresses();
        let made = scene.operate(&[
            "init",
            &dir,
            "--sample",
            "city-and-hackney",
            "--services",
            &services,
            "--enrolment",
            &enrolment,
        ]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        scene
    }

    /// A folder of the scene for a test's own files.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.root.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// Writes a file of the test.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder("files").join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    }

    /// Runs a command of the broker's program.
    ///
    /// # Panics
    /// When the program cannot be run.
    #[must_use]
    pub fn operate(&self, args: &[&str]) -> Output {
        Command::new(&self.program).args(args).stdin(Stdio::null()).output().expect("the program runs")
    }

    /// Starts the broker and waits until it serves.
    ///
    /// # Panics
    /// When it does not.
    pub fn start(&mut self) {
        let config = self.dir.join("concordat.toml");
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.root.path().join("service.log"))
            .expect("a log");
        let child = Command::new(&self.program)
            .arg("serve")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("the broker starts");
        self.broker = Some(child);
        let _ = self.addresses();
    }

    /// What the broker's service log says so far.
    #[must_use]
    pub fn service_log(&self) -> String {
        std::fs::read_to_string(self.root.path().join("service.log")).unwrap_or_default()
    }

    /// The process id of the running broker.
    ///
    /// # Panics
    /// When none runs.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.broker.as_ref().expect("a running broker").id()
    }

    /// Where the broker serves; waits until it does.
    ///
    /// # Panics
    /// When it ends or does not come to serve.
    #[must_use]
    pub fn addresses(&mut self) -> Addresses {
        let path = self.dir.join("run").join("addresses.json");
        let pid = u64::from(self.pid());
        let began = Instant::now();
        loop {
            if let Ok(text) = std::fs::read_to_string(&path)
                && let Ok(value) = serde_json::from_str::<serde_json::Value>(&text)
                && value.get("pid").and_then(serde_json::Value::as_u64).is_none_or(|of| of == pid)
            {
                let of = |key: &str| value.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
                return Addresses { services: of("services"), enrolment: of("enrolment") };
            }
            let child = self.broker.as_mut().expect("a running broker");
            if let Ok(Some(status)) = child.try_wait() {
                panic!("the broker ended with {status}: {}", self.service_log());
            }
            assert!(began.elapsed() < PATIENCE, "the broker does not serve: {}", self.service_log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops the broker as an operator would, and waits.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&mut self) {
        let Some(mut child) = self.broker.take() else { return };
        let pid = child.id().to_string();
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status().expect("a shell");
        assert!(asked.success());
        let began = Instant::now();
        while child.try_wait().expect("the broker's end").is_none() {
            assert!(began.elapsed() < PATIENCE, "the broker does not stop: {}", self.service_log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills the broker with SIGKILL.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.broker.take() {
            child.kill().expect("SIGKILL");
            child.wait().expect("its end");
        }
        // what it said of where it serves is no longer true
        let _ = std::fs::remove_file(self.dir.join("run").join("addresses.json"));
    }

    /// Invites and enrols a principal with roles.
    ///
    /// # Panics
    /// When either fails.
    #[must_use]
    pub fn person(&mut self, principal: &str, roles: &[&str]) -> Person {
        self.person_with(principal, roles, &[])
    }

    /// The same, with more arguments of the invitation: an area, a last day.
    ///
    /// # Panics
    /// When either fails.
    #[must_use]
    pub fn person_with(&mut self, principal: &str, roles: &[&str], more: &[&str]) -> Person {
        let addresses = self.addresses();
        let (token, fingerprint) = self.invitation_with(principal, roles, more);
        let person = Person::at(&self.folder("homes").join(principal.replace('/', "-")));
        let said = person.enrol(&addresses.enrolment, &fingerprint, &token);
        assert_eq!(said.code, 0, "{said:#?}");
        person
    }

    /// Invites a principal: the file with the token, and the fingerprint.
    ///
    /// # Panics
    /// When the invitation fails.
    #[must_use]
    pub fn invitation(&self, principal: &str, roles: &[&str]) -> (String, String) {
        self.invitation_with(principal, roles, &[])
    }

    /// As [`Scene::invitation`], with more arguments of `invite`.
    ///
    /// # Panics
    /// When the invitation fails.
    #[must_use]
    pub fn invitation_with(&self, principal: &str, roles: &[&str], more: &[&str]) -> (String, String) {
        let token = self.folder("tokens").join(principal.replace('/', "-"));
        let _ = std::fs::remove_file(&token);
        let (dir, token) = (self.dir.to_string_lossy().into_owned(), token.to_string_lossy().into_owned());
        let mut args = vec!["invite", &dir, principal, "--token-file", &token];
        args.extend(roles.iter().flat_map(|role| ["--role", role]));
        args.extend(more);
        let invited = self.operate(&args);
        assert!(invited.status.success(), "{}", String::from_utf8_lossy(&invited.stderr));
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&invited.stdout),
            String::from_utf8_lossy(&invited.stderr)
        );
        let fingerprint = said
            .split_whitespace()
            .find(|word| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit()))
            .unwrap_or_else(|| panic!("no fingerprint in: {said}"));
        (token, fingerprint.to_owned())
    }

    /// The scene's root: everything in it goes with the scene.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }
}

/// Two addresses on loopback that nobody listens on.
fn free_addresses() -> (String, String) {
    let bind = || std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (one, two) = (bind(), bind());
    let of = |listener: &std::net::TcpListener| listener.local_addr().expect("its address").to_string();
    (of(&one), of(&two))
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(mut child) = self.broker.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
