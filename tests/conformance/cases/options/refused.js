//! rule: engine 1.4, 1.5 values of network options that cannot be meant: 104 from a script
//! exit: 104
//! no log: iteration ran
//! case: underscore in a host
//! with: { hosts: { 'a_b': '127.0.0.1' } }
//! log: a_b
//! case: a port in a blocked name
//! with: { blockHostnames: ['a.test:80'] }
//! case: a plain address in the blacklist
//! with: { blacklistIPs: ['10.0.0.1'] }
//! log: invalid CIDR address: 10.0.0.1
//! case: unknown cipher suite
//! with: { tlsCipherSuites: ['TLS_MADE_UP'] }
//! log: TLS_MADE_UP
//! case: SSL
//! with: { tlsVersion: 'ssl3.0' }
//! log: ssl3.0
//! case: unknown key in tlsVersion
//! with: { tlsVersion: { min: 'tls1.2', most: 'tls1.3' } }
//! case: unknown key in tlsAuth
//! with: { tlsAuth: [{ cert: '', key: '', name: '' }] }
//! case: no certificate
//! with: { tlsAuth: [{ cert: 'x', key: 'y' }] }
//! log: cert
//! case: select of another kind
//! with: { dns: { select: 'last' } }
//! log: last
//! case: policy of another kind
//! with: { dns: { policy: 4 } }
export const options = __WITH__;
export default function () {
  console.log('iteration ran');
}
