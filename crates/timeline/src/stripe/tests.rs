use super::*;
use proptest::prelude::*;

fn owners(weights: &[u64], until: u64) -> Vec<usize> {
    let mut owners = Vec::new();
    deal(weights, until, |ordinal, owner| {
        assert_eq!(ordinal, owners.len() as u64);
        owners.push(owner);
    });
    owners
}

#[test]
fn ordinals_are_dealt_as_k6_deals_them() {
    let cases: &[(&[u64], &[usize])] = &[
        (&[1, 1, 1, 1], &[0, 1, 2, 3]),
        (&[2, 1], &[0, 1, 0]),
        (&[2, 1, 1], &[0, 1, 0, 2]),
        (&[2, 3, 5], &[2, 1, 2, 0, 2, 1, 2, 1, 2, 0]),
        (&[1, 9], &[1, 0, 1, 1, 1, 1, 1, 1, 1, 1]),
        (&[4, 3, 3], &[0, 1, 2, 0, 1, 0, 2, 1, 0, 2]),
        (&[3, 3, 2, 2], &[0, 1, 2, 3, 0, 1, 2, 0, 1, 3]),
        (&[2, 2, 2, 1], &[0, 1, 2, 3, 0, 1, 2]),
        (&[1, 1, 1, 0], &[0, 1, 2]),
        (&[2, 2, 1, 1, 1], &[0, 1, 2, 3, 0, 1, 4]),
        (&[2, 1, 1], &[0, 1, 0, 2]),
    ];
    for &(weights, expected) in cases {
        assert_eq!(
            owners(weights, weights.iter().sum()),
            expected,
            "{weights:?}"
        );
    }
}

/// The rule as it is stated: walk all by weight, the first that took no more than its due takes.
fn owners_by_walking(weights: &[u64]) -> Vec<usize> {
    let period: u64 = weights.iter().sum();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&owner| std::cmp::Reverse(weights[owner]));
    let mut taken = vec![0; weights.len()];
    (0..period)
        .map(|i| {
            let may = |&&owner: &&usize| {
                weights[owner] > 0 && taken[owner] * period <= i * weights[owner]
            };
            let owner = *order.iter().find(may).unwrap();
            taken[owner] += 1;
            owner
        })
        .collect()
}

proptest! {
    #[test]
    fn the_queue_deals_like_the_walk(weights in prop::collection::vec(0_u64..40, 1..20)) {
        prop_assume!(weights.iter().any(|&weight| weight > 0));
        prop_assert_eq!(owners(&weights, weights.iter().sum()), owners_by_walking(&weights));
    }

    #[test]
    fn owned_below_and_ordinal_invert_each_other(
        weights in prop::collection::vec(1_u64..20, 1..8), parts in 1_u64..5, k in 0_u64..1_000_000,
    ) {
        for owner in 0..weights.len() {
            for part in 0..parts {
                let stripe = Stripe::of(&weights, owner).unwrap().split(part, parts);
                let ordinal = stripe.ordinal(k);
                prop_assert_eq!(stripe.owned_below(ordinal), k);
                prop_assert_eq!(stripe.owned_below(ordinal + 1), k + 1);
            }
        }
    }

    #[test]
    fn parts_of_parts_own_every_ordinal_once(
        weights in prop::collection::vec(1_u64..9, 1..6), parts in 1_u64..5, inner in 1_u64..4,
    ) {
        let mut seen = vec![0; 200];
        for owner in 0..weights.len() {
            for part in 0..parts {
                for small in 0..inner {
                    let stripe = Stripe::of(&weights, owner).unwrap().split(part, parts).split(small, inner);
                    for k in 0..stripe.owned_below(200) {
                        seen[stripe.ordinal(k) as usize] += 1;
                    }
                }
            }
        }
        prop_assert!(seen.iter().all(|&count| count == 1), "{:?}", seen);
    }
}

#[test]
fn ordinals_beyond_all_reach_saturate() {
    let stripe = Stripe::of(&[1, 3], 0).unwrap().split(1, 2);
    assert_eq!(stripe.ordinal(u64::MAX), u64::MAX);
    assert!(stripe.owned_below(u64::MAX) < u64::MAX / 7);
}
