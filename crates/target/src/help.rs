//! The help page: the one place that says what the service does.

/// What the service does, path by path; the text of its help page.
pub const HELP: &str = "\
loadd target: a service that is as slow, as faulty and as stubborn as you ask, and counts what it served.

ANSWERS
  GET  /                      this page
  any  /plain                 `ok`, ready-made: the fastest answer
  GET  /get                   the request as JSON: args, headers, origin, url (also /post /put /patch /delete, by method)
  any  /anything/...  /echo   the request as JSON: method, args, headers, origin, url, data, form, json
  any  /headers  /ip  /user-agent
  any  /json                  a JSON document of some 10 KB
  any  /bytes/N               N bytes of letters and digits (to 1 GiB)
  any  /stream/N              N JSON lines, chunked (default 10); interval=100ms between them
  any  /gzip  /deflate        compressed JSON
  any  /status/CODE           that status, 200 to 599; CODE,CODE,...: one of them by chance
  any  /delay/SECONDS         as httpbin's; /delay?ms=200 is the finer form
  any  /slow-body             the body drips: bytes=1024 for=1s chunks=10
  any  /drop                  hangs up after after=512 bytes of the body; after=0: without any answer

USERS
  any  /cookies               the cookies as JSON
  any  /cookies/set?name=value   sets them all, redirects to /cookies
  any  /cookies/delete?name      deletes them, redirects to /cookies
  any  /redirect/N            N redirects, then /get
  any  /redirect-to?url=URL   one; status_code=302
  GET  /login                 a form with a csrf_token;  POST /login  its fields, or JSON, with username and password=demo:
                              form -> cookie `session` and 303 to /account; JSON -> {\"token\": ...}
  any  /account               the user of the cookie `session` or of `Authorization: Bearer TOKEN`, else 401
  any  /basic-auth/USER/PASS  200 with these, else 401;  /bearer: 200 with any bearer token

ON EVERY PATH, TOGETHER
  ms=200                      waits; a bare number is milliseconds, else 250us 200ms 5s 1m (to 600 s)
  dist=constant|uniform|normal|lognormal|exponential
                              ms is the mean (lognormal: the median); sigma: normal in ms (default ms/10), lognormal of the
                              logarithm (default 0.5); min, max: bounds (uniform: min to max, or 0 to 2*ms)
  error_rate=0.1&status=500   one in ten is answered with that status; status alone: always
  stall_every=5s&stall_for=1s the whole service stands still for the first second of every five, counted from the epoch:
                              whoever comes in it, or would be answered in it, waits for its end

COUNTS (not counted themselves, and never delayed)
  GET    /stats               JSON: begun = served + aborted + in_flight; by_status, by_path; bytes; connections; delay_ms (what
                              was asked for) and duration_ms (what was given) within 0.1 %; quantile=0.95,0.999: more of them
  DELETE /stats               starts again from 0
  GET    /metrics             the same for Prometheus: target_requests_total{status}, target_request_duration_seconds, ...

A request is served when the last byte of its response has been handed to the socket.
";

/// The page for browsers.
pub(crate) fn html() -> String {
    let text = HELP
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>loadd target</title><style>:root{{color-scheme:light dark}}body{{margin:2rem auto;max-width:72rem;padding:0 1rem}}\
         pre{{font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap}}</style>\
         <p><a href=/stats>stats</a> · <a href=/metrics>metrics</a> · <a href=/login>login</a><pre>{text}</pre></html>\n"
    )
}
