//! Children, and what the system says of a process.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Outcome;

/// Clock ticks a second in `/proc`: fixed on Linux for all that it tells to programs.
const TICKS: f64 = 100.0;

/// The processor time that a process has used, in seconds; zero where there is no `/proc`.
#[must_use]
pub fn processor_seconds(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // the name, in brackets, may hold anything
    let rest = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    rest.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// The most memory that a process has had resident, in MiB; zero where there is no `/proc`.
#[must_use]
pub fn peak_mib(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// A child that ends with its owner.
#[derive(Debug)]
pub struct Companion(Child);

impl Companion {
    /// Starts a program whose standard output is piped.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn start(program: &str, args: &[&Path]) -> Outcome<Self> {
        let child = Command::new(program).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        Ok(Self(child))
    }

    /// The first line of its standard output.
    ///
    /// # Errors
    /// When there is none.
    pub fn first_line(&mut self) -> Outcome<String> {
        let out = self.0.stdout.take().ok_or("the first line was read before")?;
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line)?;
        if line.is_empty() { Err("the program said nothing".into()) } else { Ok(line.trim_end().to_owned()) }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program with a text on its standard input, and gives its standard output.
///
/// # Errors
/// When it cannot be run, or ends with anything but success.
pub fn ask(program: &str, input: &str) -> Outcome<String> {
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("{program} ended with {}", output.status).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_worked_has_used_time_and_memory() {
        let own = std::process::id();
        let before = processor_seconds(own);
        let mut sum = 0_u64;
        while processor_seconds(own) < before + 0.02 {
            sum = (0..100_000_u64).fold(sum, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
        }
        assert!(sum != 1 && peak_mib(own) > 1.0);
    }

    #[test]
    fn a_program_that_fails_is_an_error() {
        assert_eq!(ask("cat", "x").unwrap(), "x");
        assert!(ask("false", "").is_err());
    }
}
