import http from 'k6/http';
export const options = { discardResponseBodies: true };
const body = 'x'.repeat(200);
export default function () {
  http.post(`${__ENV.TARGET}/small`, body);
}
