//! rule: engine 6.2 csv: its columns, its forms of time, and what it refuses
//! case: a plain name
//! run: -o csv=r.csv
//! file: r.csv metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata
//! file: r.csv mine,
//! file: r.csv ,2.500000,
//! file: r.csv ,of=me,
//! case: system tags are its columns
//! run: -o csv=r.csv --system-tags=status,iter,scenario
//! file: r.csv metric_name,timestamp,metric_value,scenario,status,extra_tags,metadata
//! file: r.csv ,2.500000,default,,of=me,iter=0
//! case: settings
//! run: -o csv=fileName=r.csv,timeFormat=rfc3339,saveInterval=200ms
//! file: r.csv mine,20
//! case: by the environment
//! run: -o csv
//! env: K6_CSV_FILENAME=e.csv
//! file: e.csv mine,
//! case: standard output
//! run: -o csv=- -q
//! out: mine,
//! case: an unknown setting
//! run: -o csv=fileName=r.csv,colour=red
//! exit: 255
//! case: an unknown form of time
//! run: -o csv=fileName=r.csv,timeFormat=moon
//! exit: 255
import { Trend } from 'k6/metrics';
const mine = new Trend('mine');
export default function () { mine.add(2.5, { of: 'me' }); }
