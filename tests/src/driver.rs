//! A WebDriver: the program that a browser is commanded through. It is ended whatever happens to
//! the test, and the browser with it.

use std::{
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// A running driver. Dropping it ends it.
pub struct Driver {
    process: Child,
    port: u16,
    /// What it has printed since it told its port, line by line.
    printed: Arc<Mutex<Vec<String>>>,
}

impl Driver {
    /// Starts `command`, which tells its port on standard output after the words `told`.
    pub fn start(command: Command, told: &str) -> Result<Driver> {
        let (mut process, mut lines) = spawn(command)?;
        let port = port_of(&mut lines, told).inspect_err(|_| end(&mut process))?;
        Ok(Driver::of(process, port, lines))
    }

    /// Starts `command`, which takes a port and does not tell one.
    pub fn start_at_free_port(mut command: Command) -> Result<Driver> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
        let port = listener.local_addr().context("the port has no number")?.port();
        drop(listener);
        command.arg(format!("--port={port}"));
        let (process, lines) = spawn(command)?;
        let driver = Driver::of(process, port, lines);
        for _ in 0..100 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(driver);
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("the driver does not listen at port {port}");
    }

    fn of(process: Child, port: u16, lines: BufReader<ChildStdout>) -> Driver {
        let printed = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&printed);
        // Read on, or the driver stops where the pipe is full.
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                sink.lock().expect("nobody panics with the lines").push(line);
            }
        });
        Driver { process, port, printed }
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

fn spawn(mut command: Command) -> Result<(Child, BufReader<ChildStdout>)> {
    let name = PathBuf::from(command.get_program());
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process =
        command.spawn().with_context(|| format!("{} does not start", name.display()))?;
    let output = process.stdout.take().context("the driver's output is not ours")?;
    Ok((process, BufReader::new(output)))
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
