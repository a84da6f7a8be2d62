//! The broker in a process of its own: started, stopped, killed, and never left behind.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::claim::{Broken, Held};
use crate::addresses::Addresses;
use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(3);

/// The broker's process, when one runs.
#[derive(Debug)]
pub struct Process {
    program: PathBuf,
    dir: PathBuf,
    log: PathBuf,
    held: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    child: Option<Child>,
    closed: bool,
}

impl Process {
    /// The broker of a directory, served by a program; nothing runs yet. What it says goes to `log`.
    #[must_use]
    pub fn of(program: &Path, dir: &Path, log: &Path) -> Self {
        Self {
            program: program.to_owned(),
            dir: dir.to_owned(),
            log: log.to_owned(),
            held: Mutex::new(Slot::default()),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the broker and waits until it serves.
    ///
    /// # Errors
    /// [`Broken::Failed`] with the end of its log when it does not.
    pub fn start(&self) -> Held<Addresses> {
        let config =
            Config::of_directory(&self.dir).map_err(|e| Broken::failed("reading the settings", e))?;
        let process = self.spawn(&config)?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            // the file of a broker that was killed is still there: only the one of this process counts
            match Addresses::read(&config.addresses()) {
                Ok(Some(addresses)) if addresses.process == process => return Ok(addresses),
                _ => {}
            }
            if let Some(status) = self.ended() {
                return Err(Broken::failed(
                    "starting the broker",
                    format!("it ended with {status}{}", self.last_words()),
                ));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        self.kill()?;
        Err(Broken::failed(
            "starting the broker",
            format!("it did not serve within {PATIENCE:?}{}", self.last_words()),
        ))
    }

    /// The addresses that the running broker serves.
    ///
    /// # Errors
    /// [`Broken::Failed`] when none runs.
    pub fn addresses(&self) -> Held<Addresses> {
        let config =
            Config::of_directory(&self.dir).map_err(|e| Broken::failed("reading the settings", e))?;
        match Addresses::read(&config.addresses()) {
            Ok(Some(addresses)) => Ok(addresses),
            Ok(None) => Err(Broken::failed("reading the addresses", "no broker serves")),
            Err(e) => Err(Broken::failed("reading the addresses", e)),
        }
    }

    /// Starts the broker where it must refuse to serve; gives the exit code with which it ends.
    ///
    /// # Errors
    /// [`Broken::Claim`] when it serves instead.
    pub fn refuses(&self) -> Held<i32> {
        let config =
            Config::of_directory(&self.dir).map_err(|e| Broken::failed("reading the settings", e))?;
        self.spawn(&config)?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.ended() {
                return Ok(status.code().unwrap_or(-1));
            }
            if matches!(Addresses::read(&config.addresses()), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        self.kill()?;
        Err(Broken::claim("a broker refuses to serve this directory", "that it ends", "that it serves"))
    }

    fn spawn(&self, config: &Config) -> Held<u32> {
        let failed = |e: std::io::Error| Broken::failed("starting the broker", e);
        let mut slot = self.slot();
        if slot.closed {
            return Err(Broken::failed("starting the broker", "the demonstration is being stopped"));
        }
        let log = OpenOptions::new().create(true).append(true).open(&self.log).map_err(failed)?;
        let child = Command::new(&self.program)
            .arg("serve")
            .arg("--config")
            .arg(&config.file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // ctrl-c at a terminal is for the demonstration, which then stops the broker in its own way
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let process = child.id();
        slot.child = Some(child);
        Ok(process)
    }

    /// Asks the broker to stop (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// [`Broken::Failed`] when it does not stop in time or ends otherwise than well.
    pub fn stop(&self) -> Held<()> {
        let failed = |why: String| Broken::failed("stopping the broker", why);
        {
            let slot = self.slot();
            let Some(child) = &slot.child else { return Ok(()) };
            let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let process = process.ok_or_else(|| failed("its process number is none".to_owned()))?;
            kill_process(process, Signal::TERM).map_err(|e| failed(e.to_string()))?;
        }
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match self.ended() {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(failed(format!("it ended with {status}{}", self.last_words()))),
                None => std::thread::sleep(LOOK_AGAIN),
            }
        }
        self.kill()?;
        Err(failed(format!("it did not stop within {PATIENCE:?}")))
    }

    /// Kills the broker (SIGKILL) in the middle of whatever it does.
    ///
    /// # Errors
    /// [`Broken::Failed`] when the system does not let us.
    pub fn kill(&self) -> Held<()> {
        let Some(mut child) = self.slot().child.take() else { return Ok(()) };
        child.kill().and_then(|()| child.wait()).map_err(|e| Broken::failed("killing the broker", e))?;
        Ok(())
    }

    /// Ends the broker for good: what runs is killed and nothing is started any more.
    pub fn close(&self) {
        self.slot().closed = true;
        // a child that cannot be killed has ended already
        let _ = self.kill();
    }

    /// How the broker ended, once; `None` while it runs.
    fn ended(&self) -> Option<ExitStatus> {
        let mut slot = self.slot();
        let status = slot.child.as_mut()?.try_wait().ok()??;
        slot.child = None;
        Some(status)
    }

    fn last_words(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let last: Vec<&str> = log.lines().rev().take(5).collect();
        if last.is_empty() {
            return String::new();
        }
        let lines: Vec<&str> = last.into_iter().rev().collect();
        format!("; its log ends with:\n{}", lines.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_process_is_never_started_again() {
        let dir = tempfile::tempdir().unwrap();
        let chosen = crate::config::Chosen {
            partnership: "north".parse().unwrap(),
            services: "127.0.0.1:0".parse().unwrap(),
            enrolment: "127.0.0.1:0".parse().unwrap(),
            names: vec!["localhost".into()],
            guard: "guard".into(),
        };
        std::fs::write(dir.path().join("concordat.toml"), crate::config::written(&chosen)).unwrap();
        let process = Process::of(Path::new("/bin/true"), dir.path(), &dir.path().join("log"));
        assert!(process.start().unwrap_err().to_string().contains("it ended with"));
        assert_eq!(process.refuses().unwrap(), 0);
        process.close();
        assert!(process.start().unwrap_err().to_string().contains("being stopped"));
    }
}
