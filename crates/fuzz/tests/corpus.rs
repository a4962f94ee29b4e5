//! What the fuzzer has been fed and has found is tried again in every run.

use std::{fs, path::Path};

use proxycall_fuzz::TARGETS;

#[test]
fn every_kept_input_is_read_as_it_must_be() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in TARGETS {
        let folder = fs::read_dir(corpus.join(name)).unwrap_or_else(|_| panic!("{name} has no corpus"));
        let mut inputs: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(inputs.len() >= 3, "{name} has hardly any corpus");
        for input in inputs {
            println!("{}", input.display());
            target(&fs::read(input).unwrap());
        }
    }
}

#[test]
fn every_target_has_its_program_and_every_program_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    let mut programs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    programs.sort();
    assert_eq!(programs, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
}
