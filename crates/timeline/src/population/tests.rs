use super::*;
use proptest::prelude::*;

fn seconds(seconds: f64) -> Offset {
    Offset((seconds * 1e9) as u64)
}

fn ramp(start_vus: u64, stages: &[(f64, u64)], ramp_down: f64) -> Executor {
    Executor::RampingVus {
        start_vus,
        stages: stages
            .iter()
            .map(|&(length, target)| Stage {
                duration: seconds(length),
                target,
            })
            .collect(),
        graceful_ramp_down: seconds(ramp_down),
    }
}

fn whole(executor: &Executor, graceful_stop: f64) -> Population {
    Population::of(executor, seconds(graceful_stop), &Share::whole(), (0, 1)).unwrap()
}

fn steps(list: &[(f64, u64)]) -> Vec<(Offset, u64)> {
    list.iter()
        .map(|&(at, count)| (seconds(at), count))
        .collect()
}

#[test]
fn a_ramp_ends_at_its_last_step_not_at_the_sum_of_stages() {
    let population = whole(&ramp(0, &[(2.0, 4), (2.0, 0), (3.0, 0)], 30.0), 30.0);
    let expected = [
        (0.5, 1),
        (1.0, 2),
        (1.5, 3),
        (2.0, 4),
        (2.5, 3),
        (3.0, 2),
        (3.5, 1),
        (4.0, 0),
    ];
    assert_eq!(population.steps(), steps(&expected));
    assert_eq!(population.regular_end(), Some(seconds(4.0)));
    assert_eq!(population.last_end(), Some(seconds(34.0)));
    assert_eq!(
        (
            population.vus_at(seconds(1.2)),
            population.busy_at(seconds(20.0)),
            population.slots()
        ),
        (2, 4, 4)
    );
}

#[test]
fn two_halves_share_a_ramp_vu_by_vu() {
    let executor = ramp(0, &[(2.0, 4), (1.0, 4)], 0.0);
    let of = |index| {
        Population::of(
            &executor,
            Offset::ZERO,
            &Share::worker(index, 2).unwrap(),
            (0, 1),
        )
        .unwrap()
    };
    assert_eq!(of(0).steps(), steps(&[(0.5, 1), (1.5, 2), (3.0, 0)]));
    assert_eq!(of(1).steps(), steps(&[(1.0, 1), (2.0, 2), (3.0, 0)]));
}

#[test]
fn a_part_whose_vu_would_come_at_the_very_end_has_no_work_and_is_over_at_once() {
    let executor = ramp(1, &[(1.0, 2)], 30.0);
    let second = Population::of(&executor, seconds(30.0), &Share::whole(), (1, 2)).unwrap();
    assert_eq!(second.steps(), []);
    assert_eq!(second.regular_end(), Some(Offset::ZERO));
}

#[test]
fn graceful_ramp_down_is_capped_by_graceful_stop_and_undone_by_a_rise() {
    // Down to 1 at 2 s, up again to 3 at 4 s: with 5 s of grace nobody is cut off between.
    let population = whole(&ramp(3, &[(2.0, 1), (2.0, 3), (2.0, 3)], 5.0), 1.0);
    assert_eq!(population.hard_steps(), steps(&[(0.0, 3), (7.0, 0)]));
    // With 1 s of grace the falls at 1 s and 2 s come at 2 s and 3 s. The rise at exactly 3 s goes first.
    let population = whole(&ramp(3, &[(2.0, 1), (2.0, 3), (2.0, 3)], 1.0), 1.0);
    assert_eq!(
        population.hard_steps(),
        steps(&[(0.0, 3), (2.0, 2), (4.0, 3), (7.0, 0)])
    );
    assert_eq!(
        population.spans(2),
        [
            Span {
                start: Offset::ZERO,
                stop: Some(seconds(1.0)),
                cut_off: Some(seconds(2.0))
            },
            Span {
                start: seconds(4.0),
                stop: Some(seconds(6.0)),
                cut_off: Some(seconds(7.0))
            },
        ]
    );
    assert_eq!(
        population.spans(1)[0],
        Span {
            start: Offset::ZERO,
            stop: Some(seconds(2.0)),
            cut_off: Some(seconds(7.0))
        }
    );
    assert_eq!(population.spans(3), []);
    // Without grace each step down cuts off at once.
    let population = whole(&ramp(2, &[(2.0, 0)], 0.0), 30.0);
    assert_eq!(population.hard_steps(), population.steps());
    assert_eq!(population.spans(1)[0].cut_off, Some(seconds(1.0)));
}

#[test]
fn long_stages_with_many_vus_do_not_overflow() {
    let population = Population::of(
        &ramp(0, &[(86_400.0, 10_000_000)], 30.0),
        seconds(30.0),
        &Share::worker(5, 1000).unwrap(),
        (0, 1),
    );
    let population = population.unwrap();
    assert_eq!(population.slots(), 10_000);
    assert_eq!(population.vus_at(seconds(43_200.0)), 5_000);
}

#[test]
fn constant_vus_loop_until_their_end_or_for_ever() {
    let forever = Executor::ConstantVus {
        vus: 5,
        duration: Length::Forever,
    };
    let population = Population::of(
        &forever,
        seconds(30.0),
        &Share::worker(1, 2).unwrap(),
        (0, 1),
    )
    .unwrap();
    assert_eq!(population.steps(), steps(&[(0.0, 2)]));
    assert_eq!(
        (population.regular_end(), population.last_end()),
        (None, None)
    );
    assert_eq!(
        population.spans(0),
        [Span {
            start: Offset::ZERO,
            stop: None,
            cut_off: None
        }]
    );
    let minute = Executor::ConstantVus {
        vus: 5,
        duration: Length::For(seconds(60.0)),
    };
    let population = whole(&minute, 30.0);
    assert_eq!(population.hard_steps(), steps(&[(0.0, 5), (90.0, 0)]));
    assert_eq!(
        (
            population.vus_at(seconds(59.9)),
            population.vus_at(seconds(60.0))
        ),
        (5, 0)
    );
    assert_eq!(
        Population::of(
            &ramp(1, &[(1.0, 1)], 0.0),
            Offset::ZERO,
            &Share::worker(1, 2).unwrap(),
            (0, 1)
        ),
        None
    );
}

proptest! {
    #[test]
    fn populations_of_workers_and_cores_add_up(
        start in 0_u64..30, stages in prop::collection::vec((0_u64..8, 0_u64..30), 1..6), grace in 0_u64..6, stop in 0_u64..6,
        workers in 1_u64..7, cores in 1_u64..4,
    ) {
        let stages: Vec<_> = stages.into_iter().map(|(length, target)| (length as f64 / 2.0, target)).collect();
        let executor = ramp(start, &stages, grace as f64);
        let end = stages.iter().map(|stage| stage.0).sum::<f64>();
        let all = Population::of(&executor, seconds(stop as f64), &Share::whole(), (0, 1));
        let mut parts = Vec::new();
        for index in 0..workers {
            for core in 0..cores {
                let share = Share::worker(index, workers).unwrap();
                parts.extend(Population::of(&executor, seconds(stop as f64), &share, (core, cores)));
            }
        }
        for n in 0..500 {
            let t = seconds(n as f64 * 0.0731);
            let sum: u64 = parts.iter().map(|part| part.vus_at(t)).sum();
            let busy: u64 = parts.iter().map(|part| part.busy_at(t)).sum();
            let whole = all.as_ref().map_or((0, 0), |all| (all.vus_at(t), all.busy_at(t)));
            prop_assert_eq!((sum, busy), whole, "at {}", t);
            prop_assert!(busy >= sum);
            // Naive twin of the hard plan: the maximum over the grace.
            if let Some(all) = &all && t < seconds(end) {
                let from = t.saturating_sub(seconds(grace as f64));
                let most = all.steps().iter().filter(|&&(at, _)| at > from && at <= t).map(|&(_, count)| count).max();
                prop_assert_eq!(all.busy_at(t), most.unwrap_or(0).max(all.vus_at(from)), "at {}", t);
            }
        }
    }
}
