//! rule: api 6.12 constants of k6/http
//! checks: 3
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  check(http, {
    tls: (h) => [h.TLS_1_0, h.TLS_1_1, h.TLS_1_2, h.TLS_1_3].join() === 'tls1.0,tls1.1,tls1.2,tls1.3' && h.SSL_3_0 === undefined,
    status: (h) => [h.OCSP_STATUS_GOOD, h.OCSP_STATUS_REVOKED, h.OCSP_STATUS_SERVER_FAILED, h.OCSP_STATUS_UNKNOWN].join() === 'good,revoked,server_failed,unknown',
    reason: (h) => ['UNSPECIFIED', 'KEY_COMPROMISE', 'CA_COMPROMISE', 'AFFILIATION_CHANGED', 'SUPERSEDED', 'CESSATION_OF_OPERATION', 'CERTIFICATE_HOLD', 'REMOVE_FROM_CRL', 'PRIVILEGE_WITHDRAWN', 'AA_COMPROMISE'].every((n) => h[`OCSP_REASON_${n}`] === n.toLowerCase()),
  });
}
