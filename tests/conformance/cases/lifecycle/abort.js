//! rule: api 3.4, 9, 20.8 test.abort is uncatchable, teardown and the summary run, exit 108; its iteration counts
//! case: iteration
//! with: try { exec.test.abort('enough'); } catch (e) { console.log('caught'); } finally { console.log('finally'); } console.log('after');
//! exit: 108
//! log: test aborted: enough
//! no log: caught
//! no log: finally
//! no log: after
//! log: in teardown
//! metric: iterations 1
//! case: no-message
//! with: exec.test.abort();
//! exit: 108
//! log: test aborted
//! log: in teardown
//! case: in-async
//! with: return (async () => { await null; exec.test.abort('later'); })();
//! exit: 108
//! log: test aborted: later
//! log: in teardown
//! case: in-timer
//! with: setTimeout(() => exec.test.abort('timer'), 1);
//! exit: 108
//! log: test aborted: timer
//! case: in-group-and-check
//! with: group('g', () => { check(1, { 'c': () => exec.test.abort('inside') }); });
//! exit: 108
//! log: test aborted: inside
//! case: fail
//! with: exec.test.fail('marked'); console.log('after');
//! exit: 110
//! log: test marked as failed: marked
//! log: level=error
//! log: after
//! log: in teardown
//! metric: iterations 1
import exec from 'k6/execution';
import { check, group } from 'k6';
export default function () {
  __WITH__
}
export function teardown() { console.log('in teardown'); }
