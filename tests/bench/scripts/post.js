import http from 'k6/http';
const body = JSON.stringify({ user: 'mia', basket: [1, 2, 3], note: 'x'.repeat(80) });
const params = { headers: { 'Content-Type': 'application/json' } };
export default function () {
  http.post(__ENV.URL, body, params);
}
