use super::*;

#[test]
fn a_step_of_the_wall_clock_moves_nothing_and_shows() {
    let clock = VirtualClock::at_wall(1_000_000_000_000);
    clock.advance(Offset::from_secs(3));
    let run = RunClock::tie(&clock, clock.wall() + 2_000_000_000);
    assert_eq!(
        (run.position(clock.now()), run.until_start(clock.now())),
        (None, Offset::from_secs(2))
    );
    clock.advance(Offset::from_secs(5));
    clock.step_wall(-60_000_000_000);
    assert_eq!(run.position(clock.now()), Some(Offset::from_secs(3)));
    assert_eq!(run.until_start(clock.now()), Offset::ZERO);
    assert_eq!(run.offset_seconds(clock.now(), clock.wall()), -60.0);
    assert_eq!(run.wall_of(clock.now()), clock.wall() + 60_000_000_000);
    assert_eq!(run.start_wall(), 1_005_000_000_000);
    assert_eq!(run.instant(Offset::from_secs(3)), Some(clock.now()));
}

#[test]
fn a_run_older_than_the_machines_boot_has_a_position() {
    let clock = VirtualClock::at_wall(1_000_000_000_000);
    let run = RunClock::tie(&clock, 400_000_000_000);
    assert_eq!(run.position(clock.now()), Some(Offset::from_secs(600)));
    assert_eq!(run.instant(Offset::from_secs(1)), None);
}

#[test]
fn the_systems_clock_does_not_go_back() {
    let (first, wall) = (SystemClock.now(), SystemClock.wall());
    assert!(SystemClock.now() >= first && wall > 1_700_000_000_000_000_000);
}
