//! Faults at random moments, too long for each run of the tests: `make chaos`. The
//! moments come from `PALISADE_SEED`, so that a run can be repeated, as far as
//! processes and networks repeat themselves.

mod clock;
mod disk;
mod flaps;
mod judge;
mod kills;
mod network;

use rand::SeedableRng;
use rand::rngs::StdRng;

/// Random numbers of this run.
fn random() -> StdRng {
    let seed = std::env::var("PALISADE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("seed {seed}");
    StdRng::seed_from_u64(seed)
}
