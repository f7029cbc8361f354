//! rule: api 3.4, 18 noCookiesReset: the jar survives iterations
//! case: kept
//! with: true
//! wire: x2 Cookie: a=1
//! case: reset
//! with: false
//! no wire: Cookie: a=1
//! case: by the environment
//! env: K6_NO_COOKIES_RESET=true
//! with: false
//! wire: x2 Cookie: a=1
import http from 'k6/http';

export const options = { noCookiesReset: __WITH__, iterations: 3 };
export default function () {
  if (__ITER === 0) http.cookieJar().set(__ENV.WIRE, 'a', '1');
  else http.get(__ENV.WIRE);
}
