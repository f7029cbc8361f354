//! rule: engine 4.1, 4.2 what is no threshold is refused before the start
//! exit: 104
//! case: a method of another kind
//! with: { my_trend: ['count<1'] }
//! case: a unit
//! with: { my_trend: ['avg<500ms'] }
//! case: the method on the right
//! with: { my_trend: ['500>avg'] }
//! case: beyond 100
//! with: { my_trend: ['p(101)<1'] }
//! case: below 0
//! with: { my_trend: ['p(-1)<1'] }
//! case: no such method
//! with: { my_trend: ['foo<1'] }
//! case: no number
//! with: { my_trend: ['avg<'] }
//! case: no operator
//! with: { my_trend: ['avg'] }
//! case: nothing
//! with: { my_trend: [''] }
//! case: a text instead of a list
//! with: { my_trend: 'avg<1' }
//! case: no such metric
//! with: { nope: ['avg<1'] }
//! case: an unmatched brace
//! with: { 'my_trend{a:b': ['avg<1'] }
//! case: empty braces
//! with: { 'my_trend{}': ['avg<1'] }
//! case: an empty pair
//! with: { 'my_trend{a:b,}': ['avg<1'] }
//! case: a tag without a value
//! with: { 'my_trend{a:}': ['avg<1'] }
//! case: a tag without a colon
//! with: { 'my_trend{a}': ['avg<1'] }
//! case: a tag without a name
//! with: { 'my_trend{:x}': ['avg<1'] }
//! case: space before the name
//! with: { ' my_trend': ['avg<1'] }
//! case: something behind the brace
//! with: { 'my_trend{a:b}x': ['avg<1'] }
import { Trend } from 'k6/metrics';
new Trend('my_trend');
export const options = { thresholds: __WITH__ };
export default function () {}
