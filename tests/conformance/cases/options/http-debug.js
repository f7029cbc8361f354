//! rule: engine 1.4 httpDebug: two info lines for each hop; full adds bodies
//! order: Request: | Response:
//! log: source=http-debug
//! log: request_id=
//! log: x2 level=info msg="Request:
//! log: Content-Length: 7
//! log: HTTP/1.1 302 Found
//! case: heads by the script
//! with: 'headers'
//! no log: my body
//! case: bodies by the script
//! with: 'full'
//! log: my body
//! case: heads by a flag
//! run: --http-debug
//! with: null
//! no log: my body
//! case: bodies by the environment
//! env: K6_HTTP_DEBUG=full
//! with: null
//! log: my body
import http from 'k6/http';

export const options = { httpDebug: __WITH__ };
const redirect = encodeURIComponent('HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n');
export default function () {
  http.post(`${__ENV.WIRE}/keep?${redirect}`, 'my body');
}
