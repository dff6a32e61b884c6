//! mudkeep's WebSocket against Autobahn|Testsuite, case by case: the handshake, the configuration and
//! the socket that players have, with an echo in place of a session.
//!
//! It needs what scripts/set-up installs, so a bare `cargo test` leaves it out; scripts/test runs it.
//! tests/conformance/README.md says which cases there are, and how they come out.

#![allow(clippy::print_stdout, reason = "what a test prints is its report")]

#[cfg(test)]
#[path = "conformance/suite.rs"]
mod suite;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::suite::{all_cases, run};

    /// How many cases each group has; all of them are run below.
    const GROUPS: [(&str, usize); 9] = [
        ("1", 16),
        ("10", 1),
        ("2", 11),
        ("3", 7),
        ("4", 10),
        ("5", 20),
        ("6", 145),
        ("7", 37),
        ("9", 54),
    ];

    #[test]
    fn there_are_301_cases_in_the_groups_that_are_run() {
        let mut groups = BTreeMap::new();
        for case in all_cases() {
            let group = case.split('.').next().expect("a number").to_owned();
            *groups.entry(group).or_insert(0) += 1;
        }
        let expected = GROUPS.map(|(group, cases)| (group.to_owned(), cases));
        assert_eq!(groups, BTreeMap::from(expected));
        assert_eq!(groups.values().sum::<usize>(), 301);
    }

    #[test]
    fn messages_of_any_length_come_back_as_what_they_were() {
        run("1.*").come_out(16, &[]);
    }

    #[test]
    fn pings_are_answered_and_pongs_are_not() {
        run("2.*").come_out(11, &[]);
    }

    #[test]
    fn reserved_bits_end_the_connection() {
        run("3.*").come_out(7, &[]);
    }

    #[test]
    fn reserved_opcodes_end_the_connection() {
        run("4.*").come_out(10, &[]);
    }

    #[test]
    fn messages_in_pieces_come_back_whole_and_pieces_of_nothing_end_the_connection() {
        run("5.*").come_out(20, &[]);
    }

    /// What is wrong in a piece is noticed at the end of the piece: the suite would have it sooner.
    #[test]
    fn text_that_is_not_utf_8_ends_the_connection_and_all_other_text_comes_back() {
        run("6.*").come_out(145, &[("6.4.3", "NON-STRICT"), ("6.4.4", "NON-STRICT")]);
    }

    /// Of three cases the suite only reports what comes of them, whatever it is.
    #[test]
    fn who_closes_is_answered_and_who_closes_wrongly_is_told_so() {
        let reported = ["7.1.6", "7.13.1", "7.13.2"].map(|case| (case, "INFORMATIONAL"));
        run("7.*").come_out(37, &reported);
    }

    #[test]
    fn long_text_comes_back_whole() {
        run("9.1.*").come_out(6, &[]);
        run("9.3.*").come_out(9, &[]);
        run("9.5.*").come_out(6, &[]);
    }

    #[test]
    fn long_messages_of_bytes_come_back_whole() {
        run("9.2.*").come_out(6, &[]);
        run("9.4.*").come_out(9, &[]);
        run("9.6.*").come_out(6, &[]);
    }

    #[test]
    fn a_thousand_messages_come_back_one_by_one() {
        run("9.7.*").come_out(6, &[]);
        run("9.8.*").come_out(6, &[]);
    }

    #[test]
    fn a_message_in_many_pieces_comes_back_whole() {
        run("10.*").come_out(1, &[]);
    }
}
