//! A WebDriver: the program that a browser is commanded through. It is ended whatever happens to
//! the test, and the browser with it.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use anyhow::{Context, Result};

/// A running driver. Dropping it ends it.
pub struct Driver {
    process: Child,
    port: u16,
    /// What it has printed since it told its port, line by line.
    printed: Arc<Mutex<Vec<String>>>,
}

impl Driver {
    /// Starts `command`, which tells its port on standard output after the words `told`.
    pub fn start(mut command: Command, told: &str) -> Result<Driver> {
        let name = PathBuf::from(command.get_program());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process =
            command.spawn().with_context(|| format!("{} does not start", name.display()))?;
        let output = process.stdout.take().context("the driver's output is not ours")?;
        let mut lines = BufReader::new(output);
        let port = port_of(&mut lines, told).inspect_err(|_| end(&mut process))?;
        let printed = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&printed);
        // Read on, or the driver stops where the pipe is full.
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                sink.lock().expect("nobody panics with the lines").push(line);
            }
        });
        Ok(Driver { process, port, printed })
    }

    /// The port at which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has printed since the last call.
    pub fn printed(&self) -> Vec<String> {
        std::mem::take(&mut *self.printed.lock().expect("nobody panics with the lines"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// The number after `told` in the first line that has it.
fn port_of(lines: &mut BufReader<impl Read>, told: &str) -> Result<u16> {
    let mut line = String::new();
    loop {
        line.clear();
        let length = lines.read_line(&mut line).context("the driver's output breaks off")?;
        anyhow::ensure!(length != 0, "the driver ended before it told its port");
        if let Some((_, rest)) = line.split_once(told) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            return digits.parse().with_context(|| format!("no port in {line:?}"));
        }
    }
}

fn end(process: &mut Child) {
    let _already_ended = process.kill();
    let _status = process.wait();
}

/// Ends the browser that its driver no longer can: by its id, and only if it is the one that runs
/// with our `profile`.
pub fn end_orphan(id: Option<u64>, profile: &Path) {
    let Some(id) = id else { return };
    let words = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    if String::from_utf8_lossy(&words).contains(&*profile.to_string_lossy()) {
        let _status = Command::new("kill").arg(id.to_string()).status();
    }
}
