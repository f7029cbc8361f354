//! rule: api 14 k6/secrets: sources by the command line; what a script was given is redacted from its log lines
//! case: mock
//! run: --secret-source=mock=default,cool=hunter-two --secret-source=mock=name=other,cool=hunter-three
//! checks: 2
//! log: one ***SECRET_REDACTED*** two ***SECRET_REDACTED***
//! no log: hunter
//! case: none
//! log: no secret sources
//! check: one 0/1
//! check: two 0/1
//! case: a kind that is not there
//! run: --secret-source=vault=x
//! exit: 255
//! log: --secret-source vault
import { check } from 'k6';
import secrets from 'k6/secrets';

const ask = async (ask) => {
  try {
    return await ask();
  } catch (e) {
    console.error(e.message);
    return undefined;
  }
};
export default async function () {
  const one = await ask(() => secrets.get('cool'));
  const two = await ask(() => secrets.source('other').get('cool'));
  check(null, { one: () => one === 'hunter-two', two: () => two === 'hunter-three' });
  console.log('one', one, 'two', two);
}
