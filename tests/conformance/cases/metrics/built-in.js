//! rule: api 16 built-in metrics: kinds, contents, one sample of each HTTP metric per hop, data at the end of an iteration
//! run: --iterations 2
//! metric: http_reqs 4
//! metric: http_reqs.type counter
//! metric: http_req_duration.type trend
//! metric: http_req_duration.contains time
//! metric: http_req_blocked.contains time
//! metric: http_req_connecting.contains time
//! metric: http_req_tls_handshaking.contains time
//! metric: http_req_sending.contains time
//! metric: http_req_waiting.contains time
//! metric: http_req_receiving.contains time
//! metric: http_req_failed.type rate
//! metric: http_req_failed.fails 4
//! metric: iterations 2
//! metric: iteration_duration.contains time
//! metric: data_sent.contains data
//! metric: data_sent >200
//! metric: data_received >200
//! metric: dropped_iterations absent
//! metric: group_duration absent
//! metric: ws_sessions absent
//! metric: grpc_req_duration absent
//! point: http_reqs{status=302} 2
//! point: http_req_blocked{status=302,expected_response=true} 2
//! point: http_req_receiving{status=200} 2
//! point: http_req_tls_handshaking 4 sum=0
//! point: data_sent 2
//! point: data_received 2
//! point: iteration_duration 2
import http from 'k6/http';
export default function () { http.get(`${__ENV.TARGET}/redirect/1`); }
