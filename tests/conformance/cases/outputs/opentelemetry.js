//! rule: engine 6.4: -o opentelemetry by k6's variables, names and units
//! run: -o opentelemetry --tag team=shop
//! case: over HTTP
//! env: K6_OTEL_EXPORTER_PROTOCOL=http/protobuf
//! env: K6_OTEL_HTTP_EXPORTER_ENDPOINT=$OTLP
//! env: K6_OTEL_HTTP_EXPORTER_INSECURE=true
//! otlp: iterations{team=shop,resource.service.name=k6} 4
//! otlp: orders{kind=a,scenario=default} 12
//! otlp: wait 4
//! otlp: checks.total{condition=nonzero} 3
//! otlp: checks.total{condition=zero} 1
//! otlp: level{team=shop} 3
//! case: over gRPC, with a prefix and a name
//! env: K6_OTEL_GRPC_EXPORTER_ENDPOINT=$OTLP
//! env: K6_OTEL_GRPC_EXPORTER_INSECURE=true
//! env: K6_OTEL_METRIC_PREFIX=our_
//! env: K6_OTEL_SERVICE_NAME=load
//! otlp: our_iterations{resource.service.name=load} 4
//! otlp: our_orders{kind=a} 12
//! otlp: our_checks.total{condition=nonzero,check=small} 3
//! case: the SDK's own variables count where k6's are silent
//! env: K6_OTEL_EXPORTER_PROTOCOL=http/protobuf
//! env: OTEL_EXPORTER_OTLP_ENDPOINT=http://$OTLP
//! env: OTEL_RESOURCE_ATTRIBUTES=deployment=staging
//! env: OTEL_SERVICE_NAME=sdk
//! otlp: iterations{resource.deployment=staging,resource.service.name=sdk} 4
//! case: no protocol of the kind
//! env: K6_OTEL_EXPORTER_PROTOCOL=udp
//! exit: 104
//! log: level=error
//! case: an endpoint is host and port
//! env: K6_OTEL_EXPORTER_PROTOCOL=http/protobuf
//! env: K6_OTEL_HTTP_EXPORTER_ENDPOINT=http://localhost:4318
//! exit: 104
//! log: level=error
//! case: an empty name
//! env: K6_OTEL_SERVICE_NAME=
//! exit: 104
//! log: level=error
import { check } from 'k6';
import { Counter, Gauge, Trend } from 'k6/metrics';
import exec from 'k6/execution';
const orders = new Counter('orders');
const level = new Gauge('level');
const wait = new Trend('wait', true);
export const options = { vus: 1, iterations: 4 };
export default function () {
  const n = exec.scenario.iterationInTest;
  orders.add(3, { kind: 'a' });
  wait.add(n);
  level.add(n);
  check(n, { small: (n) => n < 3 });
}
