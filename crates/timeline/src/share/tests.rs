use super::*;
use proptest::prelude::*;

fn shares(weights: &[u64]) -> Vec<Share> {
    (0..weights.len() as u64)
        .map(|index| Share::weighted(index, weights).unwrap())
        .collect()
}

#[test]
fn counts_are_scaled_as_k6_scales_them() {
    let values = [1, 3, 7, 10, 25, 100];
    let cases: &[(&[u64], [&[u64]; 6])] = &[
        (
            &[1, 1, 1],
            [
                &[1, 0, 0],
                &[1, 1, 1],
                &[3, 2, 2],
                &[4, 3, 3],
                &[9, 8, 8],
                &[34, 33, 33],
            ],
        ),
        (
            &[1, 1, 1, 1],
            [
                &[1, 0, 0, 0],
                &[1, 1, 1, 0],
                &[2, 2, 2, 1],
                &[3, 3, 2, 2],
                &[7, 6, 6, 6],
                &[25, 25, 25, 25],
            ],
        ),
        (
            &[50, 25, 25],
            [
                &[1, 0, 0],
                &[2, 1, 0],
                &[4, 2, 1],
                &[5, 3, 2],
                &[13, 6, 6],
                &[50, 25, 25],
            ],
        ),
        (
            &[20, 30, 50],
            [
                &[0, 0, 1],
                &[0, 1, 2],
                &[1, 2, 4],
                &[2, 3, 5],
                &[5, 7, 13],
                &[20, 30, 50],
            ],
        ),
        (
            &[10, 90],
            [&[0, 1], &[1, 2], &[1, 6], &[1, 9], &[3, 22], &[10, 90]],
        ),
    ];
    for (weights, expected) in cases {
        for (value, expected) in values.into_iter().zip(expected) {
            let scaled: Vec<u64> = shares(weights)
                .iter()
                .map(|share| share.scale(value))
                .collect();
            assert_eq!(&scaled, expected, "{weights:?} of {value}");
        }
    }
}

#[test]
fn sequences_are_rescaled_as_k6_rescales_them() {
    let first = |share: &Share, count, until| {
        let stripe = share.stripe_rescaled(count).unwrap();
        (0..stripe.owned_below(until))
            .map(|k| stripe.ordinal(k))
            .collect::<Vec<_>>()
    };
    let three = shares(&[1; 3]);
    assert_eq!(first(&three[0], 10, 10), [0, 3, 5, 8]);
    assert_eq!(first(&three[1], 10, 10), [1, 4, 7]);
    assert_eq!(first(&three[2], 10, 10), [2, 6, 9]);
    let four = shares(&[1; 4]);
    assert_eq!(first(&four[0], 10, 10), [0, 4, 7]);
    assert_eq!(first(&four[3], 10, 10), [3, 9]);
    assert_eq!(four[3].stripe_rescaled(3), None, "D has no work");
    // 10 shared iterations by 4 VUs on three workers: 5 3 2.
    assert_eq!(first(&three[0], 4, 10), [0, 2, 4, 6, 8]);
    assert_eq!(first(&three[1], 4, 10), [1, 5, 9]);
    assert_eq!(first(&three[2], 4, 10), [3, 7]);
    assert_eq!(three[0].stripe_rescaled(9), Some(three[0].stripe()));
}

#[test]
fn a_segment_must_be_one_of_its_sequence() {
    let sequence: SegmentSequence = "0,1/4,1/2,1".parse().unwrap();
    assert!(Share::segment("1/4:1/2".parse().unwrap(), Some(&sequence)).is_ok());
    assert!(Share::segment("1/4:1".parse().unwrap(), Some(&sequence)).is_err());
    assert!(Share::segment(Segment::default(), Some(&sequence)).is_err());
    let half = Share::segment("0:1/2".parse().unwrap(), None).unwrap();
    assert_eq!((half.scale(10), half.fraction()), (5, 0.5));
    assert_eq!(Share::worker(0, 1).unwrap(), Share::whole());
    assert!(Share::worker(4, 4).is_err() && Share::worker(0, 0).is_err());
    assert!(Share::weighted(0, &[1, 0]).is_err() && Share::weighted(0, &[u64::MAX, 2]).is_err());
    let ugly = "0:1/4194301".parse().unwrap();
    assert!(Share::segment(ugly, Some(&"0,1/4194301,1/2,1".parse().unwrap())).is_err());
}

#[test]
fn vus_are_numbered_by_the_plain_sequence() {
    let three = shares(&[1; 3]);
    let ids = |share: &Share| {
        (0..share.scale(10))
            .map(|k| share.stripe().ordinal(k) + 1)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&three[0]), [1, 4, 7, 10]);
    assert_eq!(ids(&three[1]), [2, 5, 8]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn shares_of_up_to_a_thousand_workers_add_up(count in 1_u64..=1_000, value in 0_u64..100_000, vus in 1_u64..3_000) {
        // Dealing a rescaled sequence is the dear part: 20 of the workers own their part, the plain shares all.
        let mut sum = 0;
        let mut owned = std::collections::BTreeSet::new();
        for index in 0..count {
            let share = Share::worker(index, count).unwrap();
            sum += share.scale(value);
            if index % (count / 20).max(1) == 0
                && let Some(stripe) = share.stripe_rescaled(vus)
            {
                for k in 0..stripe.owned_below(2_000) {
                    prop_assert!(owned.insert(stripe.ordinal(k)), "owned twice");
                }
            }
        }
        prop_assert_eq!(sum, value);
    }

    #[test]
    fn rescaled_shares_add_up_also_over_cores(
        weights in prop::collection::vec(1_u64..30, 1..12), vus in 1_u64..200, cores in 1_u64..5, until in 0_u64..5_000,
    ) {
        let mut sum = 0;
        for share in shares(&weights) {
            if let Some(stripe) = share.stripe_rescaled(vus) {
                sum += (0..cores).map(|core| stripe.split(core, cores).owned_below(until)).sum::<u64>();
            }
        }
        prop_assert_eq!(sum, until);
    }
}
