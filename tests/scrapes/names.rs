//! The names of metrics in texts.

use std::collections::BTreeSet;

/// Every name of a metric in a text; a histogram's parts are the histogram.
pub(crate) fn named_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("mudkeep_")).map(whole).collect()
}

/// The names that have a row in a table of a page.
pub(crate) fn of_page(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.filter(|name| name.starts_with("mudkeep_")).map(str::to_owned).collect()
}

fn whole(name: &str) -> String {
    let parts = ["_bucket", "_sum", "_count"];
    parts.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name).to_owned()
}

#[test]
fn names_are_found_where_they_stand() {
    let text = "sum(rate(mudkeep_a_seconds_bucket{le=\"1\"}[5m])) > mudkeep_b_total";
    let names = ["mudkeep_a_seconds", "mudkeep_b_total"].map(str::to_owned);
    assert_eq!(named_in(text), BTreeSet::from(names.clone()));
    let page =
        "mudkeep_c\n| `mudkeep_a_seconds` | `mudkeep_d` |\n| `mudkeep_b_total` |\n| `other` |";
    assert_eq!(of_page(page), BTreeSet::from(names));
}
