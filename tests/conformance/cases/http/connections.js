//! rule: api 6.5, 18 connections: one pool per VU, kept alive; noConnectionReuse, noVUConnectionReuse
//! case: default
//! run: --iterations 2
//! wire: x4 [connection 1]
//! case: no-reuse
//! run: --iterations 2 --no-connection-reuse
//! wire: x1 [connection 1]
//! wire: x1 [connection 4]
//! case: no-vu-reuse
//! run: --iterations 2 --no-vu-connection-reuse
//! wire: x2 [connection 1]
//! wire: x2 [connection 2]
//! case: two-vus
//! run: --iterations 2 --vus 2
//! wire: x2 [connection 1]
//! wire: x2 [connection 2]
import http from 'k6/http';
import { sleep } from 'k6';
export default function () { http.get(`${__ENV.WIRE}/a`); http.get(`${__ENV.WIRE}/b`); sleep(0.1); }
