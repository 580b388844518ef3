//! How well a text fits what was typed.

/// How well `text` fits all of `words`, both in small letters: the more, the better. `None` if some
/// word is not in it, not even as letters in this order.
pub(super) fn score(words: &[&str], text: &str) -> Option<i32> {
    let mut total = 0;
    for word in words {
        total += one(word, text)?;
    }
    // Of texts that fit alike, the short one.
    let length = i32::try_from(text.len() / 8).unwrap_or(0).min(12);
    Some(if words.is_empty() { 0 } else { total - length })
}

fn one(word: &str, text: &str) -> Option<i32> {
    let begins_a_word =
        |at: usize| text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    let mut found = text.match_indices(word).map(|(at, _)| at).peekable();
    if found.peek().is_some() {
        let is_whole = |at: &usize| {
            let after = text[at + word.len()..].chars().next();
            begins_a_word(*at) && after.is_none_or(|after| !after.is_alphanumeric())
        };
        let places: Vec<usize> = found.collect();
        let is_start = places.iter().any(|at| begins_a_word(*at));
        let whole = places.iter().any(is_whole);
        return Some(if whole {
            40
        } else if is_start {
            32
        } else {
            18
        });
    }
    // Digits name things: 52894 is not 5…2…8…9…4.
    let has_digit = word.chars().any(|c| c.is_ascii_digit());
    if has_digit || !word.is_ascii() || word.len() < 3 {
        return None;
    }
    let first = word.chars().next()?;
    let starts = text.match_indices(first).map(|(at, _)| at).filter(|at| begins_a_word(*at));
    starts.filter_map(|from| scattered(word, &text[from..])).max()
}

/// How well the letters of `word` fit in their order from the start of `text`.
fn scattered(word: &str, text: &str) -> Option<i32> {
    let mut letters = text.char_indices();
    let mut last = None;
    let mut gaps = 0;
    for wanted in word.chars() {
        let (at, _) = letters.find(|(_, c)| *c == wanted)?;
        gaps += i32::from(last.is_some_and(|last| last + 1 < at));
        last = Some(at);
    }
    // Letters scattered all over mean nothing.
    (gaps <= 2).then_some(10 - 3 * gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_fit_better_than_beginnings_and_those_better_than_scattered_letters() {
        let text = "store 5 stop the process stop store 5";
        let fits = ["stop", "proc", "rocess", "stp"].map(|word| score(&[word], text));
        let fits: Vec<i32> = fits.into_iter().map(|fit| fit.expect("it fits")).collect();
        assert!(fits.is_sorted_by(|a, b| a > b), "{fits:?}");
    }

    #[test]
    fn every_word_has_to_fit_and_numbers_exactly() {
        let text = "region 52894 split it in the middle";
        assert!(score(&["split", "52894"], text).is_some());
        assert_eq!(score(&["split", "52973"], text), None);
        assert_eq!(score(&["sp", "524"], text), None);
        assert_eq!(score(&["zzz"], text), None);
        assert_eq!(score(&[], text), Some(0));
    }

    #[test]
    fn chinese_is_found_by_its_characters() {
        assert!(score(&["进程"], "store 5 停止进程 stop store 5").is_some());
        assert_eq!(score(&["磁盘"], "store 5 停止进程"), None);
    }
}
