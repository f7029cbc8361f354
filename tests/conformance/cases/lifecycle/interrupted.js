//! rule: api 3.4, 20.9 an interrupted iteration: neither catch nor finally runs, no iterations sample, data_* are emitted
//! case: busy
//! with: try { while (true) { } } catch (e) { console.log('caught'); } finally { console.log('finally'); }
//! metric: iterations absent
//! metric: iteration_duration absent
//! no log: caught
//! no log: finally
//! out: 0 complete and 1 interrupted iterations
//! point: data_sent{scenario=default} 1
//! case: request
//! with: try { http.get(`${__ENV.WIRE}/hang`); } catch (e) { console.log('caught'); } finally { console.log('finally'); } console.log('after');
//! metric: iterations absent
//! no log: caught
//! no log: after
//! no log: Request Failed
//! point: http_reqs 0
//! out: 0 complete and 1 interrupted iterations
//! case: timer
//! with: setTimeout(() => console.log('fired'), 20000);
//! metric: iterations absent
//! no log: fired
//! case: promise
//! with: return http.asyncRequest('GET', `${__ENV.WIRE}/hang`).then(() => console.log('then'), () => console.log('caught'));
//! metric: iterations absent
//! no log: caught
//! no log: then
import http from 'k6/http';
export const options = { scenarios: { default: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
export default function () {
  const wire = __ENV.WIRE;
  __WITH__
}
