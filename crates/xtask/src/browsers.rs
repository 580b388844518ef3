//! Makes sure that there are browsers to test with, drivers for them, and what judges the page's
//! accessibility.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::{
    npm,
    workspace::{self, Workspace},
};

/// A program that the browser tests need: the names it goes by, and the Debian package with it.
struct Need {
    programs: &'static [&'static str],
    package: &'static str,
}

/// What Chromium's tests need.
const CHROMIUM: [Need; 2] = [
    Need {
        programs: &["chromium", "chromium-browser", "google-chrome", "chrome"],
        package: "chromium",
    },
    Need { programs: &["chromedriver"], package: "chromium-driver" },
];

/// What axe-core comes by, and Lighthouse.
const NPM: [Need; 1] = [Need { programs: &["npm"], package: "npm" }];

/// What Firefox's tests need beside geckodriver, which is on crates.io.
const FIREFOX: [Need; 1] = [Need { programs: &["firefox-esr", "firefox"], package: "firefox-esr" }];

/// What WebKit's tests need; MiniBrowser comes with WebKitGTK's library, and xvfb-run calls xauth.
const WEBKIT: [Need; 3] = [
    Need { programs: &["WebKitWebDriver"], package: "webkit2gtk-driver" },
    Need { programs: &["xvfb-run"], package: "xvfb" },
    Need { programs: &["xauth"], package: "xauth" },
];

/// Where Debian puts MiniBrowser, below the folder of libraries and that of the machine's kind.
const MINIBROWSER: [&str; 2] = ["webkit2gtk-4.1/MiniBrowser", "webkitgtk-6.0/MiniBrowser"];

/// The font is for the page's Chinese: without it a screenshot shows boxes.
const FONT: &str = "fonts-noto-cjk";

/// The version of geckodriver that is built where none is on the PATH.
const GECKODRIVER: &str = "0.37.1";

/// The version of the npm package `axe-core`.
const AXE: &str = "4.14.1";

/// Sees to Chromium and chromedriver.
pub(crate) fn chromium(workspace: &Workspace) -> Result<()> {
    find_or_install(workspace, &CHROMIUM)
}

/// Sees to npm.
pub(crate) fn npm(workspace: &Workspace) -> Result<()> {
    find_or_install(workspace, &NPM)
}

/// Where Chromium is.
pub(crate) fn chromium_program() -> Option<PathBuf> {
    workspace::on_path(CHROMIUM[0].programs)
}

/// Sees to Firefox, and returns where geckodriver is.
pub(crate) fn firefox(workspace: &Workspace) -> Result<PathBuf> {
    find_or_install(workspace, &FIREFOX)?;
    if let Some(driver) = workspace::on_path(&["geckodriver"]) {
        return Ok(driver);
    }
    let root = workspace.target().join(format!("geckodriver-{GECKODRIVER}"));
    let driver = root.join("bin").join("geckodriver");
    if !driver.is_file() {
        println!("no geckodriver here: building {GECKODRIVER} from crates.io");
        let mut cargo = workspace.cargo(&["install", "geckodriver", "--locked", "--version"]);
        // Its build is shared by nobody; a debug build is as good a driver, and sooner there.
        cargo.args([GECKODRIVER, "--debug", "--root"]).arg(&root);
        workspace::run(&mut cargo).context("geckodriver cannot be built")?;
    }
    Ok(driver)
}

/// Sees to WebKit, and returns where MiniBrowser is.
pub(crate) fn webkit(workspace: &Workspace) -> Result<PathBuf> {
    find_or_install(workspace, &WEBKIT)?;
    if let Some(browser) = workspace::on_path(&["MiniBrowser"]) {
        return Ok(browser);
    }
    let kind = format!("{}-linux-gnu", std::env::consts::ARCH);
    let libraries = PathBuf::from("/usr/lib").join(kind);
    let mut places = MINIBROWSER.iter().map(|name| libraries.join(name));
    places.find(|place| place.is_file()).context("no MiniBrowser beside WebKitGTK's libraries")
}

/// Where axe-core's script is, which looks for what keeps people out of a page.
pub(crate) fn axe(workspace: &Workspace) -> Result<PathBuf> {
    npm(workspace)?;
    Ok(npm::package(workspace, "axe-core", AXE)?.join("axe.min.js"))
}

/// Returns if all that is needed is there, or apt-get has just brought it. Otherwise errors and
/// says what to install.
fn find_or_install(workspace: &Workspace, needs: &[Need]) -> Result<()> {
    let missing = |needs: &[Need]| -> Vec<&'static str> {
        let missing = needs.iter().filter(|need| workspace::on_path(need.programs).is_none());
        missing.map(|need| need.package).collect()
    };
    let packages = missing(needs);
    if packages.is_empty() {
        return Ok(());
    }
    let packages = [&packages[..], &[FONT]].concat();
    let advice = format!(
        "the browser tests need more on the PATH; on Debian: apt-get install {}",
        packages.join(" ")
    );
    let Some(privilege) = privilege(workspace) else { bail!("{advice}") };
    println!("installing {} with apt-get", packages.join(", "));
    apt_get(workspace, privilege, &["update"]).context(advice.clone())?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt_get(workspace, privilege, &[&install[..], &packages[..]].concat())
        .context(advice.clone())?;
    if !missing(needs).is_empty() {
        bail!("{advice}");
    }
    Ok(())
}

/// What to put before apt-get so that it may install: nothing for root, `sudo -n` where that asks
/// for no password. None where it cannot.
fn privilege(workspace: &Workspace) -> Option<&'static [&'static str]> {
    workspace::on_path(&["apt-get"])?;
    let user = workspace::answer(workspace.command("id").arg("-u"))?;
    if user.trim() == "0" {
        return Some(&[]);
    }
    workspace::on_path(&["sudo"])?;
    workspace::answer(workspace.command("sudo").args(["-n", "true"]))?;
    Some(&["sudo", "-n"])
}

fn apt_get(workspace: &Workspace, privilege: &[&str], arguments: &[&str]) -> Result<()> {
    let question_free = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
    let words = [privilege, &question_free[..], arguments].concat();
    workspace::run(workspace.command(words[0]).args(&words[1..]))
}
