//! What would work in place of a statement that a protected column would steer.

use crate::policy::protect::InfluenceLimit;

/// What to do next, by the place where the column steers.
pub(super) fn advice(place: &str, limit: InfluenceLimit) -> &'static str {
    let found = PLACES.iter().find(|(places, _)| places.contains(&place));
    match (found, limit) {
        (Some((_, next)), _) => next,
        (None, InfluenceLimit::Equality) if FILTERS.contains(&place) => {
            "compare it with = and one value, joined by AND"
        }
        (None, _) if FILTERS.contains(&place) => {
            "filter by other columns; the column itself may be selected, and comes masked"
        }
        (None, _) if CONVERSIONS.contains(&place) => {
            "compare it with a value of its own type, in what is selected only"
        }
        (None, _) => "select the column itself, which comes masked",
    }
}

/// Where rows are chosen.
const FILTERS: [&str; 7] = [
    "WHERE",
    "HAVING",
    "QUALIFY",
    "JOIN … ON",
    "LIMIT",
    "PARTITION",
    "AND or OR",
];

const CONVERSIONS: [&str; 3] = [
    "a comparison that converts",
    "BETWEEN over a year",
    "LIKE over another type than text",
];

/// The places that have an answer of their own.
const PLACES: &[(&[&str], &str)] = &[
    (
        &[
            "INSERT",
            "INSERT IGNORE",
            "REPLACE",
            "ON DUPLICATE KEY UPDATE",
            "UPDATE",
            "UPDATE IGNORE",
            "DELETE",
        ],
        "leave it out, or add rows by a plain INSERT",
    ),
    (
        &["what a change computes", "a copy that a change makes"],
        "change rows without reading it: select it in a statement of its own",
    ),
    (
        &["ORDER BY"],
        "sort by other columns, or sort what came at your side",
    ),
    (
        &["GROUP BY", "OVER", "WINDOW"],
        "group, partition and sort by other columns; it may be counted",
    ),
    (
        &["a window without an order"],
        "write PARTITION BY or ORDER BY of other columns into OVER ( … )",
    ),
    (
        &["DISTINCT"],
        "leave DISTINCT out, or list other columns: COUNT(*) and COUNT(column) work",
    ),
    (
        &["JOIN … USING"],
        "name the columns to join by: JOIN … ON of others, in place of NATURAL or USING",
    ),
    (&["UNION"], "write UNION ALL, or leave the column out of it"),
    (
        &["CASE", "IF", "NVL2", "NULLIF"],
        "choose by other columns; COALESCE(column, 'x') works, and comes masked",
    ),
    (
        &["a comparison with a subquery"],
        "compare other columns, or select it and compare at your side",
    ),
    (
        &["COALESCE", "what can fail beside it"],
        "put only literals, columns and functions that cannot fail beside it",
    ),
    (
        &["CAST"],
        "select the column itself, or CAST(column AS CHAR) without a length",
    ),
    (
        &["a parameter"],
        "bind each `?` beside it as a string of ASCII characters, or write it as a literal",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_an_answer_of_at_most_a_line() {
        let places = PLACES.iter().flat_map(|(places, _)| places.iter());
        let mut seen = Vec::new();
        for place in places.chain(&FILTERS).chain(&CONVERSIONS) {
            assert!(!seen.contains(place), "{place} has two answers");
            seen.push(*place);
            for limit in [InfluenceLimit::Never, InfluenceLimit::Equality] {
                assert!(advice(place, limit).len() < 90, "{place}");
            }
        }
    }

    #[test]
    fn tells_how_to_filter_only_where_it_would_pass() {
        assert!(advice("WHERE", InfluenceLimit::Equality).contains('='));
        assert!(!advice("WHERE", InfluenceLimit::Never).contains('='));
        assert!(!advice("ORDER BY", InfluenceLimit::Equality).contains('='));
    }
}
