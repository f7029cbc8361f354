//! rule: api 15 a system tag that is off is on no sample; the checks are counted all the same
//! run: --system-tags status
//! metric: checks.passes 2
//! metric: checks.fails 1
//! out: checks_total.......: 3
//! point: checks{!check,!group} 3
//! point: group_duration{!group} 1
import { check, group } from 'k6';
export default function () {
  check(1, { a: () => true, b: () => false });
  group('g', () => check(1, { a: () => true }));
}
