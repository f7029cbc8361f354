//! rule: api 2.1 Date's local format is DD/MM/YYYY, HH:MM:SS; toLocaleString of a number is plain
//! env: TZ=UTC
//! checks: 5
import { check } from 'k6';
const day = new Date(Date.UTC(2026, 10, 5, 3, 4, 5));
export default function () {
  check(null, {
    whole: () => day.toLocaleString() === '05/11/2026, 03:04:05',
    day: () => day.toLocaleDateString() === '05/11/2026',
    time: () => day.toLocaleTimeString() === '03:04:05',
    iso: () => day.toISOString() === '2026-11-05T03:04:05.000Z' && day.toJSON() === day.toISOString(),
    number: () => (1234567.5).toLocaleString() === '1234567.5',
  });
}
