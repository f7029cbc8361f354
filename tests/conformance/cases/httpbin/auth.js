//! rule: api 6.2 basic and digest authentication against a foreign server
//! checks: 7
import http from 'k6/http';
import { check } from 'k6';
export default function () {
  const url = __ENV.HTTPBIN;
  const as = (user) => url.replace('http://', `http://${user}@`);
  const digest = (path) => http.get(`${as('anna:geheim')}/digest-auth/${path}`, { auth: 'digest' });
  check(null, {
    'basic': () => http.get(`${as('anna:geheim')}/basic-auth/anna/geheim`).json('user') === 'anna',
    'basic, wrong': () => http.get(`${as('anna:falsch')}/basic-auth/anna/geheim`).status === 401,
    'digest MD5': () => digest('auth/anna/geheim/MD5').json('user') === 'anna',
    'digest SHA-256': () => digest('auth/anna/geheim/SHA-256').json('authenticated') === true,
    'digest, again in this VU': () => digest('auth/anna/geheim/MD5').status === 200,
    'digest, wrong': () => http.get(`${as('anna:falsch')}/digest-auth/auth/anna/geheim/MD5`, { auth: 'digest' }).status === 401,
    'bearer': () => http.get(`${url}/bearer`, { headers: { Authorization: 'Bearer abc' } }).json('token') === 'abc',
  });
}
