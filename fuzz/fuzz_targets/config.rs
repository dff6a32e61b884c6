//! Any bytes as proxy.toml: never a panic; what is wrong can always be told, and what is right does
//! not depend on being read twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mudkeep::config::Config;

fuzz_target!(|bytes: &[u8]| {
    match Config::from_bytes("proxy.toml", bytes) {
        Ok(config) => {
            assert!(!config.summary().is_empty());
            let texts = format!("game.address = \"demo\"\n{}", config.texts);
            let again = Config::parse("texts", &texts).expect("texts shown can be read");
            assert_eq!(again.texts, config.texts);
        }
        Err(problems) => {
            assert!(!problems.0.is_empty());
            for problem in &problems.0 {
                assert!(problem.place.line > 0 && problem.place.column > 0);
            }
            assert!(!problems.to_string().contains('\u{1b}'));
        }
    }
});
