//! What completion offers at each place of a line.

use super::*;

fn names() -> Names {
    Names {
        stores: [1, 2, 5, 502].map(StoreId).to_vec(),
        regions: [52_894, 52_973, 61].map(RegionId).to_vec(),
        tables: vec!["tpcc.stock".to_owned(), "tpcc.item".to_owned()],
        zones: vec!["dc1".to_owned()],
    }
}

fn words(line: &str) -> Vec<String> {
    complete(line, &names()).words.into_iter().map(|candidate| candidate.text).collect()
}

#[test]
fn first_words_are_those_of_the_verbs() {
    assert_eq!(words("sto"), ["stop", "store"]);
    assert_eq!(words("pd-ctl me"), ["member"]);
    assert_eq!(words("pd-ctl sto"), ["store"], "pd-ctl stops nothing");
    assert_eq!(words("alt"), ["ALTER"]);
    assert!(words("").contains(&"pd-ctl".to_owned()));
}

#[test]
fn ids_that_exist_are_offered_where_the_grammar_has_them() {
    assert_eq!(words("stop store "), ["1", "2", "5", "502"]);
    assert_eq!(words("stop store 5"), ["502"]);
    assert_eq!(words("stop store 1,5"), ["1,502"]);
    assert_eq!(words("stop store 1,"), ["1,2", "1,5", "1,502"]);
    assert_eq!(words("pd-ctl operator add transfer-leader 529"), ["52973"]);
    assert_eq!(words("pd-ctl operator add transfer-leader 52894 "), ["1", "2", "5", "502"]);
    assert_eq!(words("precheck tpcc.s"), ["tpcc.stock"]);
    assert_eq!(words("cut 1,2 -> p"), ["pd"]);
    assert_eq!(words("tikv-test put 6"), ["61"]);
}

#[test]
fn optional_and_repeated_words_are_offered_and_passed_over() {
    assert!(words("drop 10% ").contains(&"MsgAppend".to_owned()));
    assert_eq!(words("drop 10% MsgAppend re"), ["region"]);
    assert_eq!(words("drop 10% MsgAppend region 61 1,2 "), ["<->", "1", "2", "5", "502"]);
    assert_eq!(words("wait until available tpcc.stock f"), ["for"]);
    assert_eq!(words("alter table tpcc.stock set tiflash re"), ["REPLICA"]);
    assert_eq!(words("pd-ctl operator add transfer-region 61 1 2 50"), ["502"]);
}

#[test]
fn flags_and_addresses_are_completed_as_whole_words() {
    let states = words("pd-ctl store --state=");
    assert!(states.contains(&"--state=Tombstone".to_owned()), "{states:?}");
    let urls = words("curl -X DELETE ht");
    assert_eq!(urls[0], "http://127.0.0.1:2379/pd/api/v1/store/1?force");
}

#[test]
fn the_command_under_way_is_known_for_its_help() {
    let verb = |line: &str| complete(line, &names()).verb.map(|verb| verb.text);
    assert_eq!(verb("stop store 5"), Some("stop store"));
    assert_eq!(verb("pd-ctl store del"), Some("store delete"));
    assert_eq!(verb("pd-ctl store delete 5"), Some("store delete"));
    assert_eq!(verb("pd-ctl store "), Some("store"));
    assert_eq!(verb("frobnicate"), None);
    assert_eq!(complete("slow disk of 5 by ", &names()).next, ["SPAN"]);
}

#[test]
fn the_end_of_a_line_has_nothing_more() {
    assert_eq!(words("stop store 5 "), [""; 0]);
    assert_eq!(words("pd-ctl member leader resign "), [""; 0]);
    assert_eq!(words("frobnicate "), [""; 0]);
}

#[test]
fn what_is_offered_begins_as_what_is_typed_and_is_not_too_much() {
    let many = Names { regions: (1..20_000).map(RegionId).collect(), ..names() };
    for line in
        ["pd-ctl region 1", "region ", "s", "", "drop ", "  stop  store  5", "é", "停 ", "-", ","]
    {
        let completion = complete(line, &many);
        assert!(completion.words.len() <= MOST, "{line}");
        let partial = line[completion.from..].to_lowercase();
        for word in &completion.words {
            assert!(word.text.to_lowercase().starts_with(&partial), "{line}: {}", word.text);
        }
    }
}
