//! rule: api 7 a threshold on an undeclared metric is 104; a declared one without samples is fine
//! case: undeclared
//! with: not_there
//! exit: 104
//! log: not_there
//! case: declared
//! with: there
//! exit: 0
//! log: ran
import { Trend } from 'k6/metrics';
const there = new Trend('there');
export const options = { thresholds: { __WITH__: ['max<1'] } };
export default function () { console.log('ran'); }
