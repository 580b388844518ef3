//! What makes a site of the files: that all which the page names are there, and the worker by which
//! a page that was loaded once can be loaded without a network.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use anyhow::{Context, Result, ensure};

use crate::sizes;

/// What no browser fetches to show the page: pictures for others who show a link to it, or keep it
/// among their programs. They are no part of a first load and are not kept for the next one.
pub(crate) const FOR_OTHERS: [&str; 4] =
    ["card.png", "icon-32.png", "icon-180.png", "icon-512.png"];

/// The worker's file. `KEPT` and `FILES` in it are filled in here.
const WORKER: &str = "worker.js";

/// Finishes the site in `site`.
pub(crate) fn complete(site: &Path) -> Result<()> {
    let page = site.join("index.html");
    let page = fs::read_to_string(&page).context("the site has no index.html")?;
    for name in names(&page) {
        ensure!(site.join(name).is_file(), "index.html names {name}, and there is no such file");
    }
    let mut kept = Vec::new();
    let mut sum = DefaultHasher::new();
    for path in sizes::files(site)? {
        let name = path.strip_prefix(site).unwrap_or(&path).display().to_string();
        if name == WORKER || FOR_OTHERS.contains(&name.as_str()) {
            continue;
        }
        let content = fs::read(&path).with_context(|| format!("cannot read {name}"))?;
        (&name, content).hash(&mut sum);
        kept.push(if name == "index.html" { "./".to_owned() } else { name });
    }
    let worker = site.join(WORKER);
    let text = fs::read_to_string(&worker).context("the site has no worker.js")?;
    fs::write(&worker, fill(&text, sum.finish(), &kept)?).context("cannot write worker.js")
}

/// The worker that keeps these files; `sum` is another where any of them is.
fn fill(worker: &str, sum: u64, files: &[String]) -> Result<String> {
    let list: Vec<String> = files.iter().map(|file| format!("\"{file}\"")).collect();
    let mut filled = worker.to_owned();
    for (blank, value) in [("\"SUM\"", format!("\"{sum:016x}\"")), ("\"FILES\"", list.join(", "))] {
        ensure!(filled.matches(blank).count() == 1, "worker.js has {blank} once");
        filled = filled.replace(blank, &value);
    }
    Ok(filled)
}

/// The files of its own that a page names: in its links and scripts, and as the picture of a card.
fn names(page: &str) -> impl Iterator<Item = &str> {
    let tags = page.split('<').filter_map(|tag| tag.split_once('>').map(|(tag, _)| tag));
    let named = tags.filter_map(|tag| {
        let attribute = match tag.split_whitespace().next()? {
            "link" => "href=\"",
            "script" | "img" => "src=\"",
            "meta" if tag.contains(":image\"") => "content=\"",
            _ => return None,
        };
        let (_, value) = tag.split_once(attribute)?;
        value.split_once('"').map(|(value, _)| value)
    });
    named.filter(|name| !name.contains(':') && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{fill, names};

    #[test]
    fn files_that_a_page_names_are_found() {
        let page =
            "<link rel=\"icon\" href=\"a.svg\"><script type=\"module\" src=\"b.js\"></script>
            <meta property=\"og:image\" content=\"c.png\"><meta name=\"x\" content=\"d\">
            <a href=\"#e\">f</a><link rel=\"canonical\" href=\"https://x/g\">";
        assert_eq!(names(page).collect::<Vec<_>>(), ["a.svg", "b.js", "c.png"]);
    }

    #[test]
    fn every_file_that_the_page_names_lies_in_public_or_is_built() {
        let page = include_str!("../../../public/index.html");
        let built = ["style.css", "regionscope.js", "regionscope_bg.wasm"];
        let public = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public");
        for name in names(page) {
            let is_there = built.contains(&name) || public.join(name).is_file();
            assert!(is_there, "index.html names {name}");
        }
    }

    #[test]
    fn a_worker_names_what_it_keeps() {
        let worker = "const KEPT = \"regionscope-\" + \"SUM\";\nconst FILES = [\"FILES\"];";
        let filled = fill(worker, 255, &["./".into(), "a.js".into()]).expect("it has both blanks");
        let (kept, files) = filled.split_once('\n').expect("there are two lines");
        assert_eq!(kept, "const KEPT = \"regionscope-\" + \"00000000000000ff\";");
        assert_eq!(files, "const FILES = [\"./\", \"a.js\"];");
        assert!(fill("const KEPT = 1;", 255, &[]).is_err());
    }
}
