//! Makes sure that there is a browser to test with, and a driver for it.

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Workspace};

/// The names under which systems install Chromium or its like.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Debian's names. The font is for the page's Chinese: without it a screenshot shows boxes.
const PACKAGES: [&str; 3] = ["chromium", "chromium-driver", "fonts-noto-cjk"];

/// Returns if Chromium and chromedriver are there, or apt-get has just brought them. Otherwise
/// errors and says what to install.
pub(crate) fn find_or_install(workspace: &Workspace) -> Result<()> {
    if is_installed() {
        return Ok(());
    }
    let advice = format!(
        "the browser tests need Chromium and chromedriver on the PATH; \
         on Debian: apt-get install {}",
        PACKAGES.join(" ")
    );
    let Some(privilege) = privilege(workspace) else { bail!("{advice}") };
    println!("no Chromium here: installing {} with apt-get", PACKAGES.join(", "));
    apt_get(workspace, privilege, &["update"]).context(advice.clone())?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt_get(workspace, privilege, &[&install[..], &PACKAGES[..]].concat())
        .context(advice.clone())?;
    if !is_installed() {
        bail!("{advice}");
    }
    Ok(())
}

fn is_installed() -> bool {
    workspace::on_path(&BROWSERS).is_some() && workspace::on_path(&["chromedriver"]).is_some()
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
