use super::*;

#[test]
fn sizes() {
    for name in Preset::names() {
        #[allow(clippy::disallowed_methods)]
        let t = Instant::now();
        match Preset::build(name, PresetData::named(name).unwrap(), &RuleOverrides::default()) {
            Ok(p) => println!(
                "{name} {} {:?} pairs {:?}",
                p.patterns.memory(),
                t.elapsed(),
                p.pairs.as_ref().map(|p| p.game.memory())
            ),
            Err(e) => println!("{name} {e} {:?}", t.elapsed()),
        }
    }
}
