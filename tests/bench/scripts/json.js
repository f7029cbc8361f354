// One answer of 10 KB of JSON is parsed, and 1 KB is built of it.
import http from 'k6/http';
export default function () {
  const { users } = http.get(`${__ENV.TARGET}/users`).json();
  const picked = users.slice(0, 8).map(({ id, name, email }) => ({ id, name, email, active: true, tags: ['a', 'b'] }));
  if (JSON.stringify({ picked }).length < 900) throw new Error('too small');
}
