//! rule: api 2.1 errors of native functions are named GoError, are Errors, and carry message and stack
//! checks: 6
import { check, fail } from 'k6';
import encoding from 'k6/encoding';
function caught(run) { try { run(); } catch (error) { return error; } return undefined; }
export default function () {
  check(caught(() => encoding.b64decode('!!!')), {
    'instanceof': (e) => e instanceof Error,
    name: (e) => e.name === 'GoError',
    text: (e) => String(e) === `GoError: ${e.message}` && e.message.length > 0,
    stack: (e) => typeof e.stack === 'string' && e.stack.includes('script.js'),
  });
  check(caught(() => fail('own words')), {
    fail: (e) => e instanceof Error && e.message === 'own words',
    'fail has a stack': (e) => typeof e.stack === 'string',
  });
}
