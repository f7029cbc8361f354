//! rule: issue: NTLM is a clear error that names it
//! log: ntlm
import http from 'k6/http';

export default function () {
  http.get(__ENV.WIRE, { auth: 'ntlm' });
}
