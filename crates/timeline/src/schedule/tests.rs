use super::*;
use crate::{Length, OnExhausted, Stage};
use proptest::prelude::*;

const SECOND: Offset = Offset::from_secs(1);

fn constant(rate: u64, duration: Length, max_vus: u64) -> Executor {
    Executor::ConstantArrivalRate {
        rate,
        time_unit: SECOND,
        duration,
        pre_allocated_vus: 1,
        max_vus,
        on_exhausted: OnExhausted::Drop,
    }
}

fn ramping(start_rate: u64, stages: &[(Offset, u64)], max_vus: u64) -> Executor {
    Executor::RampingArrivalRate {
        start_rate,
        time_unit: SECOND,
        stages: stages
            .iter()
            .map(|&(duration, target)| Stage { duration, target })
            .collect(),
        pre_allocated_vus: 1,
        max_vus,
        on_exhausted: OnExhausted::Drop,
    }
}

fn whole(executor: &Executor) -> ArrivalSchedule {
    ArrivalSchedule::of(executor, &Share::whole(), (0, 1)).unwrap()
}

fn all(schedule: &ArrivalSchedule) -> Vec<Offset> {
    (0..).map_while(|k| schedule.start_of(k)).collect()
}

fn millis(schedule: &ArrivalSchedule) -> Vec<u64> {
    all(schedule)
        .into_iter()
        .map(|due| due.0 / 1_000_000)
        .collect()
}

#[test]
fn a_constant_rate_starts_at_0_and_makes_rate_times_duration() {
    let schedule = whole(&constant(10, Length::For(Offset::from_secs(2)), 1));
    let expected: Vec<u64> = (0..20).map(|n| n * 100).collect();
    assert_eq!(millis(&schedule), expected);
    assert_eq!(schedule.starts_before(Offset::MAX), 20);
    assert_eq!(schedule.end(), Some(Offset::from_secs(2)));
    assert_eq!(
        (
            schedule.rate_at(SECOND),
            schedule.rate_at(Offset::from_secs(2))
        ),
        (10.0, 0.0)
    );
    // 7/s does not divide a second: no drift all the same.
    let day = whole(&constant(7, Length::For(Offset::from_secs(86_400)), 1));
    assert_eq!(day.starts_before(Offset::MAX), 7 * 86_400);
    assert_eq!(day.start_of(7 * 86_399), Some(Offset::from_secs(86_399)));
}

#[test]
fn a_rate_without_an_end_goes_on() {
    let schedule = whole(&constant(2_000, Length::Forever, 1));
    assert_eq!(schedule.end(), None);
    assert_eq!(
        schedule.starts_before(Offset::from_secs(86_400 * 365)),
        2_000 * 86_400 * 365
    );
}

#[test]
fn workers_share_a_rate_as_k6_shares_it() {
    let executor = constant(10, Length::For(Offset::from_secs(2)), 10);
    let of =
        |index| ArrivalSchedule::of(&executor, &Share::worker(index, 3).unwrap(), (0, 1)).unwrap();
    assert_eq!(millis(&of(0)), [0, 300, 500, 800, 1000, 1300, 1500, 1800]);
    assert_eq!(millis(&of(1)), [100, 400, 700, 1100, 1400, 1700]);
    assert_eq!(millis(&of(2)), [200, 600, 900, 1200, 1600, 1900]);
}

#[test]
fn a_ramping_rate_starts_when_k6_starts() {
    let schedule = whole(&ramping(
        0,
        &[
            (Offset::from_secs(2), 10),
            (SECOND, 10),
            (Offset::from_secs(2), 0),
        ],
        1,
    ));
    let mut expected = vec![632, 894, 1095, 1265, 1414, 1549, 1673, 1789, 1897, 2000];
    expected.extend((1..=10).map(|n| 2000 + n * 100));
    let starts = millis(&schedule);
    assert_eq!(starts.len(), 30);
    // The times known of k6 are rounded to milliseconds.
    for (start, expected) in starts.iter().zip(&expected) {
        assert!(expected - start <= 1, "{start} {expected}");
    }
    assert_eq!(starts[20..22], [3102, 3211]);
    assert_eq!(starts[28..], [4367, 5000]);
    assert_eq!(schedule.start_of(9), Some(Offset::from_secs(2)));
    assert_eq!(schedule.start_of(29), Some(Offset::from_secs(5)));
    assert_eq!(
        (
            schedule.starts_before(Offset::from_secs(5)),
            schedule.starts_before(Offset(5_000_000_001))
        ),
        (29, 30)
    );
    assert_eq!(
        (
            schedule.rate_at(SECOND),
            schedule.rate_at(Offset::from_secs(4))
        ),
        (5.0, 5.0)
    );
}

#[test]
fn fractions_carry_over_into_the_next_stage_and_an_empty_stage_jumps() {
    // Half a start in the first stage, the other half in the second.
    let schedule = whole(&ramping(
        1,
        &[(Offset::from_millis(500), 1), (Offset(0), 4), (SECOND, 4)],
        1,
    ));
    assert_eq!(millis(&schedule), [625, 875, 1125, 1375]);
    assert_eq!(all(&whole(&ramping(0, &[(SECOND, 0)], 1))), []);
}

#[test]
fn a_worker_without_vus_has_no_schedule() {
    let executor = constant(10, Length::Forever, 3);
    assert_eq!(
        ArrivalSchedule::of(&executor, &Share::worker(3, 4).unwrap(), (0, 1)),
        None
    );
    assert_eq!(
        ArrivalSchedule::of(&constant(10, Length::Forever, 0), &Share::whole(), (0, 1)),
        None
    );
}

fn any_executor() -> impl Strategy<Value = Executor> {
    let stage = (0_u64..5_000_000_000, 0_u64..3_000);
    let stages = prop::collection::vec(stage, 1..6);
    prop_oneof![
        (1_u64..100_000, 1_u64..4_000_000_000, 1_u64..20).prop_map(|(rate, length, vus)| constant(
            rate,
            Length::For(Offset(length)),
            vus
        )),
        (0_u64..3_000, stages, 1_u64..20).prop_map(|(start, stages, vus)| {
            let stages: Vec<_> = stages
                .into_iter()
                .map(|(length, target)| (Offset(length), target))
                .collect();
            ramping(start, &stages, vus)
        }),
    ]
}

proptest! {
    #[test]
    fn the_two_questions_invert_each_other(
        executor in any_executor(), workers in 1_u64..8, core in 0_u64..2, picks in prop::collection::vec(0.0_f64..1.0, 20),
        times in prop::collection::vec(0_u64..30_000_000_000, 20),
    ) {
        for index in 0..workers {
            let share = Share::worker(index, workers).unwrap();
            let Some(schedule) = ArrivalSchedule::of(&executor, &share, (core, 2)) else { continue };
            let total = schedule.starts_before(Offset::MAX);
            prop_assert_eq!(schedule.start_of(total), None);
            for pick in &picks {
                let k = (pick * total as f64) as u64;
                if let Some(due) = schedule.start_of(k) {
                    // Several may be due at one instant.
                    prop_assert!(schedule.starts_before(due) <= k);
                    prop_assert!(schedule.starts_before(due + Offset(1)) > k);
                    prop_assert!(schedule.end().is_none_or(|end| due <= end));
                }
            }
            for &t in &times {
                let count = schedule.starts_before(Offset(t));
                prop_assert!(schedule.start_of(count).is_none_or(|due| due.0 >= t));
                prop_assert!(count == 0 || schedule.start_of(count - 1).unwrap().0 < t);
            }
        }
    }

    #[test]
    fn workers_and_cores_start_each_start_of_the_whole_once(executor in any_executor(), workers in 1_u64..6, cores in 1_u64..4) {
        let mut expected: Vec<_> = all(&whole(&executor));
        expected.truncate(2_000);
        let mut starts = Vec::new();
        for index in 0..workers {
            for core in 0..cores {
                let share = Share::worker(index, workers).unwrap();
                if let Some(schedule) = ArrivalSchedule::of(&executor, &share, (core, cores)) {
                    for k in (0..).take_while(|&k| schedule.ordinal_of(k) < expected.len() as u64) {
                        starts.push(schedule.start_of(k).unwrap());
                    }
                }
            }
        }
        starts.sort();
        prop_assert!(expected.is_sorted());
        prop_assert_eq!(starts, expected);
    }

    #[test]
    fn a_ramp_agrees_with_the_plain_sum_of_areas(from in 0_u64..500, to in 0_u64..500, seconds in 1_u64..20) {
        // Naive twin: add up the area in steps of 10 us and note when it passes a whole number.
        let schedule = whole(&ramping(from, &[(Offset::from_secs(seconds), to)], 1));
        let starts = all(&schedule);
        prop_assert_eq!(starts.len() as u64, (from + to) * seconds / 2);
        let (step, mut area, mut next) = (1e-5, 0.0, 0);
        for n in 0..seconds * 100_000 {
            let t = (n as f64 + 0.5) * step;
            area += (from as f64 + (to as f64 - from as f64) * t / seconds as f64) * step;
            while next < starts.len() && area >= (next + 1) as f64 {
                let rate = schedule.rate_at(starts[next]).max(0.05);
                let gap = (starts[next].as_secs_f64() - t).abs();
                prop_assert!(gap < 2.0 * step + 1e-6 / rate, "start {} off by {} s", next, gap);
                next += 1;
            }
        }
        prop_assert!(starts.len() - next <= 1);
    }
}
