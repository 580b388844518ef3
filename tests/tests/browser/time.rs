//! Going back and forth in time.

use anyhow::{Context, Result, ensure};
use tests::browser::Browser;

use crate::page::{picture, play_to_the_end, scrub};

#[test]
fn scrubbing_back_and_forth_finds_the_same_picture() -> Result<()> {
    let browser = Browser::open("scrubbing")?;
    play_to_the_end(&browser)?;
    let length =
        browser.execute("return +document.querySelector('[data-testid=scrubber]').max", &[])?;
    let length = length.as_f64().context("the time line has a length")?;
    let places = [0.15, 0.4, 0.55, 0.8].map(|share| (length * share).round());
    let mut pictures = Vec::new();
    for place in places {
        scrub(&browser, place)?;
        pictures.push(picture(&browser)?);
    }
    for (at, place) in places.iter().enumerate().rev() {
        scrub(&browser, *place)?;
        ensure!(picture(&browser)? == pictures[at], "another picture at place {place}");
    }
    pictures.dedup();
    ensure!(pictures.len() == places.len(), "different moments have different pictures");
    Ok(())
}
