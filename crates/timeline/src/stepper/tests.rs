use super::*;
use crate::{
    Clock, Executor, Length, OnExhausted, Plan, RunClock, ScenarioPlan, Share, Stage, VirtualClock,
};
use proptest::prelude::*;

fn scenario(executor: Executor) -> ScenarioPlan {
    let plan = Plan {
        scenarios: vec![ScenarioPlan {
            name: "load".into(),
            executor,
            start_time: Offset::ZERO,
            graceful_stop: Offset::ZERO,
            exec: "default".into(),
            env: Default::default(),
            tags: Default::default(),
        }],
    };
    plan.scenarios[0].clone()
}

fn per_second(rate: u64) -> ArrivalSchedule {
    let executor = Executor::ConstantArrivalRate {
        rate,
        time_unit: Offset::from_secs(1),
        duration: Length::For(Offset::from_secs(10)),
        pre_allocated_vus: 4,
        max_vus: 4,
        on_exhausted: OnExhausted::Drop,
    };
    scenario(executor)
        .arrivals(&Share::whole(), (0, 1))
        .unwrap()
}

fn ramp(share: &Share) -> ArrivalSchedule {
    let executor = Executor::RampingArrivalRate {
        start_rate: 0,
        time_unit: Offset::from_secs(1),
        stages: vec![
            Stage {
                duration: Offset::from_secs(10),
                target: 100,
            },
            Stage {
                duration: Offset::from_secs(10),
                target: 0,
            },
        ],
        pre_allocated_vus: 10,
        max_vus: 10,
        on_exhausted: OnExhausted::Drop,
    };
    scenario(executor).arrivals(share, (0, 1)).unwrap()
}

fn millis(due: &[(u64, Offset)]) -> Vec<u64> {
    due.iter()
        .map(|(_, intended)| intended.0 / 1_000_000)
        .collect()
}

#[test]
fn late_starts_up_to_a_second_are_made_up_in_order_and_older_ones_dropped() {
    let mut stepper = OpenStepper::new(per_second(10), Offset::ZERO);
    let mut due = Vec::new();
    let step = stepper.step(Offset::ZERO, false, &mut due);
    assert_eq!(
        (millis(&due), step.wake),
        (vec![0], Some(Offset::from_millis(100)))
    );
    let step = stepper.step(Offset::from_millis(350), false, &mut due);
    assert_eq!((millis(&due), step.stalled), (vec![100, 200, 300], 0));
    // Asleep until 3.05 s: 400..=2000 are more than a second old.
    let step = stepper.step(Offset::from_millis(3_050), false, &mut due);
    assert_eq!(step.stalled, 17);
    assert_eq!(millis(&due), (21..=30).map(|n| n * 100).collect::<Vec<_>>());
    let step = stepper.step(Offset::from_secs(60), false, &mut due);
    assert_eq!(
        (due.len(), step.stalled, step.wake, step.over),
        (0, 69, None, true)
    );
}

#[test]
fn what_is_exactly_a_second_late_is_still_made_up() {
    let mut stepper = OpenStepper::new(per_second(10), Offset::ZERO);
    let mut due = Vec::new();
    assert_eq!(
        stepper.step(Offset::from_secs(1), false, &mut due).stalled,
        0
    );
    assert_eq!(due.len(), 11);
    assert_eq!(
        stepper
            .step(Offset::from_millis(2_101), false, &mut due)
            .stalled,
        1
    );
}

#[test]
fn a_pause_skips_load_and_never_shifts_the_line() {
    let mut stepper = OpenStepper::new(per_second(10), Offset::ZERO);
    let mut due = Vec::new();
    stepper.step(Offset::from_millis(150), false, &mut due);
    let step = stepper.step(Offset::from_millis(250), true, &mut due);
    assert_eq!(
        (due.len(), step.stalled, step.wake, step.over),
        (0, 0, None, false)
    );
    // No step until the resume at 3.3 s: nothing of the pause is planned, and what is due at the resume starts.
    let step = stepper.step(Offset::from_millis(3_300), false, &mut due);
    assert_eq!((millis(&due), step.stalled), (vec![3_300], 0));
    assert_eq!(step.wake, Some(Offset::from_millis(3_400)));
    assert!(stepper.step(Offset::from_secs(20), true, &mut due).over);
}

/// Steps every `tick` from `from` to `until` and collects what is due.
fn drive(
    stepper: &mut OpenStepper,
    from: Offset,
    until: Offset,
    tick: Offset,
) -> Vec<(u64, Offset)> {
    let (mut now, mut due, mut started) = (from, Vec::new(), Vec::new());
    while now <= until {
        assert_eq!(stepper.step(now, false, &mut due).stalled, 0);
        started.extend_from_slice(&due);
        now = now + tick;
    }
    started
}

#[test]
fn a_killed_worker_rejoins_at_the_rate_that_is_due_now() {
    let share = Share::worker(1, 3).unwrap();
    let clock = VirtualClock::at_wall(1_700_000_000_000_000_000);
    let start = clock.wall();
    let run = RunClock::tie(&clock, start);
    let (tick, kill, end) = (
        Offset::from_millis(7),
        Offset::from_secs(4),
        Offset::from_secs(21),
    );
    let mut live = OpenStepper::new(ramp(&share), Offset::ZERO);
    let lived = drive(&mut live, Offset::ZERO, end, tick);
    let mut killed = OpenStepper::new(ramp(&share), Offset::ZERO);
    let mut started = drive(&mut killed, Offset::ZERO, kill, tick);

    // The machine reboots, somebody sets its clock meanwhile; the new process knows only the start of the run.
    clock.advance(Offset::from_millis(6_500));
    assert_eq!(run.position(clock.now()), Some(Offset::from_millis(6_500)));
    let again = RunClock::tie(&clock, start);
    clock.step_wall(-3_600_000_000_000);
    let join = again.position(clock.now()).unwrap();
    let mut joined = OpenStepper::new(ramp(&share), join);
    started.extend(drive(&mut joined, join, end, tick));

    let expected: Vec<_> = lived
        .into_iter()
        .filter(|&(_, due)| due <= kill || due >= join)
        .collect();
    assert_eq!(started, expected);
}

#[derive(Debug, Clone)]
enum Fault {
    Run(u64),
    Stall(u64),
    Pause(u64),
    Kill(u64),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (1_u64..3_000).prop_map(Fault::Run),
        (1_u64..4_000).prop_map(Fault::Stall),
        (1_u64..2_000).prop_map(Fault::Pause),
        (1_u64..2_000).prop_map(Fault::Kill),
    ]
}

proptest! {
    /// Whatever happens, no start comes twice, none early, all in order, and planned = started + stalled is what the
    /// schedule has outside of pauses and deaths.
    #[test]
    fn bad_days_lose_only_what_they_say(faults in prop::collection::vec(fault(), 1..12), index in 0_u64..3) {
        let share = Share::worker(index, 3).unwrap();
        let schedule = ramp(&share);
        let mut stepper = OpenStepper::new(schedule.clone(), Offset::ZERO);
        let (mut now, mut due, mut last) = (Offset::ZERO, Vec::new(), None);
        let (mut planned, mut skipped) = (0, 0);
        for fault in faults {
            match fault {
                Fault::Run(millis) => {
                    let until = now + Offset::from_millis(millis);
                    while now < until {
                        now = (now + Offset::from_millis(13)).min(until);
                        let step = stepper.step(now, false, &mut due);
                        planned += due.len() as u64 + step.stalled;
                        for &(k, intended) in &due {
                            prop_assert!(last.is_none_or(|last| k > last) && intended <= now && now.0 - intended.0 <= MAX_LATE.0);
                            prop_assert_eq!(schedule.start_of(k), Some(intended));
                            last = Some(k);
                        }
                    }
                }
                Fault::Stall(millis) => now = now + Offset::from_millis(millis),
                Fault::Pause(millis) => {
                    // What an unfinished step leaves is dealt with first, as the engine does.
                    planned += stepper.step(now, false, &mut due).stalled + due.len() as u64;
                    last = due.last().map(|&(k, _)| k).or(last);
                    let before = schedule.starts_before(now + Offset(1));
                    now = now + Offset::from_millis(millis);
                    stepper.step(now, true, &mut due);
                    skipped += schedule.starts_before(now + Offset(1)) - before;
                    // The resume is itself a step.
                    stepper.step(now, false, &mut due);
                    prop_assert_eq!(due.len(), 0);
                }
                Fault::Kill(millis) => {
                    planned += stepper.step(now, false, &mut due).stalled + due.len() as u64;
                    last = due.last().map(|&(k, _)| k).or(last);
                    let before = schedule.starts_before(now + Offset(1));
                    now = now + Offset::from_millis(millis);
                    stepper = OpenStepper::new(schedule.clone(), now);
                    skipped += schedule.starts_before(now) - before;
                }
            }
        }
        planned += stepper.step(now, false, &mut due).stalled + due.len() as u64;
        prop_assert_eq!(planned + skipped, schedule.starts_before(now + Offset(1)));
    }
}
