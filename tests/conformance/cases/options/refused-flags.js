//! rule: engine 1.3, 1.5 a flag of the network that cannot be read, and a DNS TTL anywhere: 255
//! exit: 255
//! no log: iteration ran
//! with: {}
//! case: blacklist
//! run: --blacklist-ip 10.0.0.1
//! case: local addresses
//! run: --local-ips 10.0.0.9-10.0.0.1
//! case: part of dns
//! run: --dns ttl=5m,prefer=IPv4
//! case: ttl of dns
//! run: --dns ttl=-5m
//! case: ttl in a script
//! with: { dns: { ttl: '5x' } }
export const options = __WITH__;
export default function () {
  console.log('iteration ran');
}
