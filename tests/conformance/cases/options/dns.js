//! rule: engine 1.5 dns: its three parts merge over the layers; a family without addresses is no such host
//! checks: 1
//! case: IPv4 alone
//! with: onlyIPv4
//! case: a flag lays one part over the script's
//! run: --dns policy=onlyIPv4,ttl=inf
//! with: onlyIPv6
//! case: by the environment
//! env: K6_DNS=policy=any,select=first
//! with: onlyIPv6
import http from 'k6/http';
import { check } from 'k6';

export const options = { dns: { ttl: 0, select: 'roundRobin', policy: '__WITH__', other: 1 } };
export default function () {
  check(http.get(__ENV.WIRE.replace('127.0.0.1', 'localhost')), { answered: (r) => r.status === 200 });
}
