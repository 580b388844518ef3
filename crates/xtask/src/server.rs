//! A small static server for `dist/` on this machine: the page needs no more than any web host.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::{Context, Result, anyhow, bail};
use tiny_http::{Header, Method, Request, Response};

use crate::sizes;

/// How many requests are answered at once; a browser opens about six connections.
const WORKERS: usize = 6;

/// What a host should allow the page: its own files, WebAssembly, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; \
    script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
    object-src 'none'; base-uri 'none'; form-action 'none'";

/// Brotli's quality while one waits: nearly as small as the best, and there at once.
const QUALITY: i32 = 5;

/// Media types by ending. Browsers refuse modules and WebAssembly under any other type.
const MEDIA_TYPES: [(&str, &str); 12] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff2", "font/woff2"),
];

/// Serves `folder` in threads of its own for as long as the program runs, and returns the port.
/// If `port` is taken it tries those after it; port 0 takes any free one.
pub(crate) fn start(folder: &Path, port: u16) -> Result<u16> {
    let listener = listen(port)?;
    let port = listener.local_addr().context("the server has no address")?.port();
    let server = tiny_http::Server::from_listener(listener, None)
        .map_err(|error| anyhow!("cannot start the server: {error}"))?;
    let server = Arc::new(server);
    for _ in 0..WORKERS {
        let (server, folder) = (Arc::clone(&server), folder.to_path_buf());
        thread::spawn(move || {
            for request in server.incoming_requests() {
                answer(request, &folder);
            }
        });
    }
    Ok(port)
}

/// Listens on this machine only, at `port` or the first free one of the nine after it.
fn listen(port: u16) -> Result<TcpListener> {
    let last = port.saturating_add(9);
    for candidate in port..=last {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, candidate)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                println!("port {candidate} is taken, trying the next");
            }
            Err(error) => return Err(error).context(format!("cannot listen at port {candidate}")),
        }
    }
    bail!("ports {port} to {last} are all taken; name another with --port")
}

/// Answers one request. A browser that has gone away is no concern of ours.
fn answer(request: Request, folder: &Path) {
    if !matches!(request.method(), Method::Get | Method::Head) {
        let refusal = Response::from_string("only GET and HEAD\n").with_status_code(405);
        let _gone = request.respond(refusal.with_header(header("Allow", "GET, HEAD")));
        return;
    }
    let path = file_of(request.url()).map(|name| folder.join(name));
    let found = path.and_then(|path| Some((media_type(&path), fs::read(&path).ok()?)));
    let Some((media_type, content)) = found else {
        let _gone = request.respond(Response::from_string("no such file\n").with_status_code(404));
        return;
    };
    // As any web host would send it: what speed tools say of the page depends on it.
    let compressed =
        takes_brotli(&request).then(|| sizes::brotli(&content, QUALITY).ok()).flatten();
    let is_compressed = compressed.is_some();
    let mut response = Response::from_data(compressed.unwrap_or(content));
    if is_compressed {
        response.add_header(header("Content-Encoding", "br"));
    }
    let headers = [
        ("Content-Type", media_type),
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ];
    for (name, value) in headers {
        response.add_header(header(name, value));
    }
    let _gone = request.respond(response);
}

fn takes_brotli(request: &Request) -> bool {
    let mut headers = request.headers().iter();
    headers.any(|header| {
        header.field.equiv("Accept-Encoding")
            && header.value.as_str().split(',').any(|coding| coding.trim() == "br")
    })
}

/// The file within the site that `url` asks for; nothing where it would lead out of the site. Our
/// files have plain names, so a path with an escape is nobody's.
fn file_of(url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.strip_prefix('/')?;
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let name = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_string()
    };
    let sound = |part: &str| part.chars().all(plain) && !part.is_empty() && !part.starts_with('.');
    name.split('/').all(sound).then(|| PathBuf::from(name))
}

fn media_type(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let known = MEDIA_TYPES.iter().find(|(known, _)| Some(*known) == ending);
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("our headers are ASCII without line breaks")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{file_of, media_type};

    #[test]
    fn plain_paths_name_files_of_the_site() {
        assert_eq!(file_of("/"), Some(PathBuf::from("index.html")));
        assert_eq!(file_of("/?incident=tikv-18440"), Some(PathBuf::from("index.html")));
        assert_eq!(file_of("/fonts/a-1.woff2"), Some(PathBuf::from("fonts/a-1.woff2")));
    }

    #[test]
    fn no_path_leads_out_of_the_site() {
        for url in ["/../Cargo.toml", "/a/../../b", "//etc/passwd", "/.git/config", "*", ""] {
            assert_eq!(file_of(url), None, "{url}");
        }
        for url in ["/%2e%2e/Cargo.toml", "/a\\..\\b", "/c:/x", "http://host/../x"] {
            assert_eq!(file_of(url), None, "{url}");
        }
    }

    #[test]
    fn modules_have_the_types_that_browsers_demand() {
        assert_eq!(media_type(Path::new("a_bg.wasm")), "application/wasm");
        assert_eq!(media_type(Path::new("a.js")), "text/javascript; charset=utf-8");
        assert_eq!(media_type(Path::new("LICENSE")), "application/octet-stream");
    }
}
