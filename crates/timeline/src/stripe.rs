//! [`Stripe`]: which ordinals 0, 1, 2, ... of the whole test belong to one owner.
//!
//! k6's striping (k6's docs, "execution segments"): in a period of L ordinals, ordinal i goes to the first segment, largest
//! first, that has so far taken no more than its due, `taken * L <= i * w`. So segment s may take its k-th ordinal from
//! `ceil(k * L / w)` on, which turns the walk over all segments into a queue of those that may: O(L log S) once, and one
//! owner's table of w entries afterwards.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use crate::segment::gcd;

/// The longest period that is dealt out (16 MiB of table for one owner of it all).
pub(crate) const MAX_PERIOD: u64 = 1 << 22;

/// The ordinals of one owner, as a pattern that repeats for ever. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripe {
    period: u64,
    /// The owned ordinals of the first period, ascending; never empty.
    table: Arc<[u32]>,
    /// Of those, every `step`-th, beginning with number `first`: what [`Stripe::split`] has left.
    first: u64,
    step: u64,
}

impl Stripe {
    /// Owner of every ordinal.
    #[must_use]
    pub fn whole() -> Self {
        Self {
            period: 1,
            table: Arc::from([0]),
            first: 0,
            step: 1,
        }
    }

    /// The ordinals of `owner` among owners of these weights. `None` where its weight is 0. The caller keeps the weights'
    /// sum at or below [`MAX_PERIOD`].
    pub(crate) fn of(weights: &[u64], owner: usize) -> Option<Self> {
        // Dealing only depends on the ratios; the reduced ones have the shortest period.
        let divisor = weights
            .iter()
            .fold(0, |divisor, &weight| gcd(divisor, weight.into())) as u64;
        let weights: Vec<u64> = weights.iter().map(|weight| weight / divisor).collect();
        let period: u64 = weights.iter().sum();
        debug_assert!(period <= MAX_PERIOD);
        let mine = *weights.get(owner)?;
        if mine == 0 {
            return None;
        }
        let mut table = Vec::with_capacity(mine as usize);
        deal(&weights, period, |ordinal, taker| {
            if taker == owner {
                table.push(ordinal as u32);
            }
        });
        Some(Self {
            period,
            table: table.into(),
            first: 0,
            step: 1,
        })
    }

    /// How many ordinals below `n` are owned.
    #[must_use]
    pub fn owned_below(&self, n: u64) -> u64 {
        let (periods, rest) = (n / self.period, n % self.period);
        let in_rest = self
            .table
            .partition_point(|&ordinal| u64::from(ordinal) < rest) as u64;
        // At most n, since a table has at most `period` entries.
        let unsplit = periods * self.table.len() as u64 + in_rest;
        match unsplit.checked_sub(self.first) {
            None | Some(0) => 0,
            Some(beyond) => (beyond - 1) / self.step + 1,
        }
    }

    /// The k-th owned ordinal, k from 0; saturates at `u64::MAX`.
    #[must_use]
    pub fn ordinal(&self, k: u64) -> u64 {
        let length = self.table.len() as u64;
        let unsplit = k.saturating_mul(self.step).saturating_add(self.first);
        let in_period = u64::from(self.table[(unsplit % length) as usize]);
        (unsplit / length)
            .saturating_mul(self.period)
            .saturating_add(in_period)
    }

    /// Part `part` of `parts` of this: every `parts`-th owned ordinal, beginning with the one numbered `part`. The parts
    /// have every owned ordinal exactly once, so a core's share of a worker's share adds up like the workers' shares do.
    ///
    /// # Panics
    /// Unless `part < parts`.
    #[must_use]
    pub fn split(&self, part: u64, parts: u64) -> Self {
        assert!(part < parts, "part {part} of {parts}");
        Self {
            period: self.period,
            table: Arc::clone(&self.table),
            first: self.step.saturating_mul(part).saturating_add(self.first),
            step: self.step.saturating_mul(parts),
        }
    }

    /// How much of the whole is owned in the long run, in (0, 1].
    #[must_use]
    pub fn density(&self) -> f64 {
        self.table.len() as f64 / self.period as f64 / self.step as f64
    }
}

/// Deals the ordinals below `until`, which is at most the weights' sum, to owners of these weights.
pub(crate) fn deal(weights: &[u64], until: u64, mut give: impl FnMut(u64, usize)) {
    let period: u64 = weights.iter().sum();
    // Priority: larger weight first, then original order.
    let mut by_rank: Vec<usize> = (0..weights.len())
        .filter(|&owner| weights[owner] > 0)
        .collect();
    by_rank.sort_by_key(|&owner| Reverse(weights[owner]));
    // (released at, rank) of those that must wait; rank of those that may take now.
    let mut waiting: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut ready: BinaryHeap<Reverse<usize>> = (0..by_rank.len()).map(Reverse).collect();
    let mut taken = vec![0_u64; by_rank.len()];
    for ordinal in 0..until {
        while let Some(&Reverse((released, rank))) = waiting.peek()
            && released <= ordinal
        {
            waiting.pop();
            ready.push(Reverse(rank));
        }
        let Reverse(rank) = ready
            .pop()
            .expect("all together took `ordinal`, so someone took no more than its due");
        let owner = by_rank[rank];
        give(ordinal, owner);
        taken[rank] += 1;
        waiting.push(Reverse((
            (taken[rank] * period).div_ceil(weights[owner]),
            rank,
        )));
    }
}

#[cfg(test)]
mod tests;
