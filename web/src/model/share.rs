//! Sharing: the run as a link and as a file, what is exported, and what is opened instead.

use std::rc::Rc;

use scenario::{Saved, Text};
use sim::Millis;
use view::export::itf::itf;
use view::export::mermaid::mermaid;
use view::export::shiviz::shiviz;
use view::export::svg::svg;
use view::share::ShareWord;
use view::timeline::Frame;
use view::told::Names;

use super::clock::Playing;
use super::{Effect, Model, Session, Update};

/// The largest file that is read, in bytes.
pub(crate) const LARGEST_FILE: u32 = 1 << 20;

/// Something about sharing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ShareMsg {
    /// Show the dialog.
    Show,
    /// The dialog was closed.
    Closed,
    /// Copy the link, and put it into the address bar.
    CopyLink,
    /// Copy the address that people can read.
    CopyAddress,
    /// What was to be copied was, or was not.
    Copied(bool),
    /// Save the run as a file.
    SaveRun,
    /// Export the world that is chosen.
    Export(Export),
    /// Choose a world to export.
    World(usize),
    /// The text to be opened is this now.
    Input(String),
    /// Open it.
    OpenPasted,
    /// A file was chosen: its name, and its text if it is text and not too long.
    Chosen(String, Option<String>),
    /// The page's address, as it was opened or changed by hand.
    Address(Address),
    /// What was said of the address was read.
    CloseNotice,
}

/// What a world can be exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Export {
    /// The matrix as a picture of lines.
    Svg,
    /// The same in pixels.
    Png,
    /// A sequence for documents.
    Mermaid,
    /// The recorded views as a trace.
    Itf,
    /// The events as a log with vector clocks.
    Shiviz,
}

impl Export {
    /// All of them, in the order of the buttons.
    pub(crate) const ALL: [Export; 5] =
        [Export::Svg, Export::Png, Export::Mermaid, Export::Itf, Export::Shiviz];

    /// How its files end.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Export::Svg => ".svg",
            Export::Png => ".png",
            Export::Mermaid => ".mmd",
            Export::Itf => ".itf.json",
            Export::Shiviz => ".shiviz.log",
        }
    }
}

/// How long the stretch of a sequence is, in simulated milliseconds, up to the moment shown.
const STRETCH_MS: u64 = 120_000;

/// Where the page is, and what is to be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address without query and fragment.
    pub(crate) page: String,
    /// What is in it from `?` on.
    pub(crate) query: String,
    /// What is in it after `#`.
    pub(crate) fragment: String,
}

/// The state of the dialog, and what is to be said of the address.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Share {
    pub(crate) is_open: bool,
    /// The address of the page without its query and fragment.
    pub(crate) page: String,
    /// The link as it was when the dialog was opened.
    pub(crate) link: String,
    /// The address for people, if there is one.
    pub(crate) address: Option<String>,
    /// Which world is exported.
    pub(crate) world: usize,
    /// What was pasted.
    pub(crate) text: String,
    /// Whether it was copied.
    pub(crate) copied: Option<bool>,
    /// Why nothing was opened.
    pub(crate) refused: Option<Text>,
    /// The moment to be looked at when the run has been lived through again.
    pub(crate) look_at: Option<Millis>,
    /// Why the page's address was not opened.
    pub(crate) notice: Option<Text>,
}

impl Model {
    /// Takes in what is about sharing.
    pub(super) fn update_share(&mut self, msg: ShareMsg) -> Update {
        let mut effects = Vec::new();
        match msg {
            ShareMsg::Show => {
                self.clock.playing = Playing::Paused;
                let saved = self.saved();
                self.share.link = format!("{}#{}", self.share.page, saved.link());
                let page = &self.share.page;
                self.share.address = saved.query().map(|query| format!("{page}{query}"));
                (self.share.copied, self.share.refused) = (None, None);
                self.share.is_open = true;
                effects.push(Effect::ShowDialog(SHARE));
            }
            ShareMsg::Closed => self.share.is_open = false,
            ShareMsg::CopyLink => {
                effects.push(Effect::SetAddress(self.share.link.clone()));
                effects.push(Effect::Copy(self.share.link.clone()));
            }
            ShareMsg::CopyAddress => {
                effects.extend(self.share.address.clone().map(Effect::Copy));
            }
            ShareMsg::Copied(copied) => self.share.copied = Some(copied),
            ShareMsg::SaveRun => {
                let saved = self.saved();
                let name = file_name(&saved, ".scn");
                effects.push(Effect::Save { name, kind: "text/plain", text: saved.file() });
            }
            ShareMsg::Export(what) => effects.push(self.export(what)),
            ShareMsg::World(world) => self.share.world = world,
            ShareMsg::Input(text) => self.share.text = text,
            ShareMsg::OpenPasted => {
                let opened = open_text(&self.share.text);
                return self.open_shared(opened);
            }
            ShareMsg::Chosen(name, text) => {
                let unreadable = || both(ShareWord::Unreadable);
                let opened = text.ok_or_else(unreadable).and_then(|text| open_file(&name, &text));
                return self.open_shared(opened);
            }
            ShareMsg::Address(address) => return self.open_address(address),
            ShareMsg::CloseNotice => self.share.notice = None,
        }
        Update { redraw: true, effects }
    }

    /// The run as it is kept and shared, with the moment that is looked at.
    pub(crate) fn saved(&self) -> Saved {
        let scenario = self.session.run().scenario().clone();
        let record = self.session.whole_record();
        let looked_at = self.cursor.filter(|at| *at < record.until);
        Saved { scenario, record, looked_at }
    }

    /// The chosen world at the moment that is shown, as a file for others.
    fn export(&self, what: Export) -> Effect {
        let world = self.share.world.min(self.frame.worlds.len() - 1);
        let letter = ["-a", "-b", "-c", "-d"][world % 4];
        let name = file_name(&self.saved(), &format!("{letter}{}", what.ending()));
        let (view, lang, to) = (self.world(world), self.lang, self.shown_at());
        let events = &self.session.events(world)[..view.events];
        let names = Names::of(&view.tables);
        let title = &self.session.run().scenario().title;
        let release = self.session.knobs()[world].0.map_or("", sim::Release::name);
        let title = format!("{} · TiKV {release}", lang.pick(title.en.as_str(), title.zh.as_str()));
        let (kind, text) = match what {
            Export::Svg => ("image/svg+xml", svg(view, &title, lang)),
            Export::Png => return Effect::SavePng { name, svg: svg(view, &title, lang) },
            Export::Mermaid => {
                let from = Millis(to.0.saturating_sub(STRETCH_MS));
                ("text/plain", mermaid(events, from, to, &names, lang))
            }
            Export::Itf => {
                let timeline = self.session.timeline();
                let next =
                    |f: &&Rc<Frame>| timeline.next_after(f.at).and_then(|at| timeline.seek(at));
                let frames = std::iter::successors(timeline.seek(Millis::ZERO), next);
                let until = frames.take_while(|frame| frame.at <= to);
                ("application/json", itf(&title, until.map(|frame| &frame.worlds[world])))
            }
            Export::Shiviz => ("text/plain", shiviz(events, to, &names)),
        };
        Effect::Save { name, kind, text }
    }

    /// Opens what was pasted or chosen, or says in the dialog why not.
    fn open_shared(&mut self, opened: Result<Saved, Text>) -> Update {
        match opened {
            Ok(saved) => {
                let mut update = self.go_on_with(saved);
                let page = std::mem::take(&mut self.share.page);
                let look_at = self.share.look_at;
                self.share = Share { page, look_at, ..Share::default() };
                update.effects.push(Effect::CloseDialog(SHARE));
                update
            }
            Err(refused) => {
                self.share.refused = Some(refused);
                Update::redraw()
            }
        }
    }

    /// Opens what the page's address says; if it is wrong, the page stays as it is and says why.
    fn open_address(&mut self, Address { page, query, fragment }: Address) -> Update {
        self.share.page = page;
        let opened = match Saved::is_link(&fragment) {
            true => Saved::from_link(&fragment).map(Some).map_err(|error| error.text()),
            false => Saved::from_query(&query).map_err(|error| error.text()),
        };
        match opened {
            Ok(None) => Update::nothing(),
            Ok(Some(saved)) => self.go_on_with(saved),
            Err(why) => {
                self.share.notice = Some(why);
                Update::redraw()
            }
        }
    }

    /// Looks at the moment that a link was made at, once the run is there.
    pub(super) fn look_as_shared(&mut self) {
        if !self.session.is_replaying()
            && let Some(at) = self.share.look_at.take()
        {
            self.cursor = Some(at);
        }
    }

    /// Takes up a run: its deeds are done again, then the moment is shown that was looked at.
    fn go_on_with(&mut self, saved: Saved) -> Update {
        let Saved { scenario, record, looked_at } = saved;
        (self.selected, self.hovered) = (None, None);
        self.share.notice = None;
        let update = self.begin(Session::replaying(scenario, &record));
        self.share.look_at = looked_at;
        update
    }
}

/// The dialog's id.
pub(crate) const SHARE: &str = "share";

/// A name for a file of a run that no file system objects to.
pub(crate) fn file_name(saved: &Saved, ending: &str) -> String {
    // Ids are small letters, digits and `-`: the grammar sees to it.
    let id: String = saved.scenario.id.chars().take(40).collect();
    format!("regionscope-{id}{ending}")
}

/// Opens a text that somebody pasted: a link, an address, a scenario or a saved run.
fn open_text(text: &str) -> Result<Saved, Text> {
    let text = text.trim();
    let is_line = !text.contains('\n');
    match text {
        "" => Err(both(ShareWord::NothingPasted)),
        _ if is_line && (text.contains("#v") || Saved::is_link(text)) => {
            Saved::from_link(text).map_err(|error| error.text())
        }
        _ if is_line && text.contains('?') => {
            let query = text.split_once('?').map_or(text, |(_, query)| query);
            let opened = Saved::from_query(query).map_err(|error| error.text())?;
            opened.ok_or_else(|| both(ShareWord::NothingPasted))
        }
        text => open_file("text", text),
    }
}

fn open_file(name: &str, text: &str) -> Result<Saved, Text> {
    Saved::from_file(name, text).map_err(|error| {
        let text = error.to_string();
        Text { en: text.clone(), zh: text }
    })
}

fn both(word: ShareWord) -> Text {
    let [en, zh] = view::Lang::ALL.map(|lang| word.text(lang).to_owned());
    Text { en, zh }
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
