//! rule: engine 8.4: inspect prints the script's options and nothing else
//! command: inspect script.js
//! case: every key, null where unset
//! out json: {"paused":null,"vus":3,"duration":"1m30s","iterations":null,"stages":null,"scenarios":null,"executionSegment":null,"noSetup":null,"setupTimeout":null,"rps":null,"dns":{"ttl":null,"select":null,"policy":null},"thresholds":{"http_req_duration":["p(95)<200"]},"throw":null,"tags":{"a":"<b>"},"summaryTrendStats":null,"systemTags":null,"features":null}
//! out: "p(95)\u003c200"
//! out: "a": "\u003cb\u003e"
//! no out: "totalDuration"
//! no log:
//! case: environment and flags are other layers
//! env: K6_VUS=9
//! out json: {"vus":3}
//! case: what it takes to run it
//! command: inspect --execution-requirements script.js
//! env: K6_VUS=9
//! out json: {"vus":9,"duration":"1m30s","scenarios":{"default":{"executor":"constant-vus","vus":9,"duration":"1m30s"}},"totalDuration":"2m0s","maxVUs":9,"summaryTrendStats":["avg","p(90)","p(95)"]}
//! case: no newline at its end
//! shell: k6 inspect script.js | tail -c 1 | od -An -c
//! out: }
//! no out: \\n
//! case: a script that fails prints nothing
//! command: inspect broken.js
//! exit: 107
//! no out: {
//! log: level=error
export const options = {
  vus: 3,
  duration: 90000,
  thresholds: { http_req_duration: ['p(95)<200'] },
  tags: { a: '<b>' },
};
export default function () {}
//@ file: broken.js
throw new Error('not today');
