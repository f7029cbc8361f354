"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const SPAN = 900000;
  let points = [], now = null, heard = 0, drawn = false, hover = null;

  // ---- numbers as people read them
  const round = (v, d) => Number(v).toLocaleString("en-US", { maximumFractionDigits: d, minimumFractionDigits: 0 });
  const count = (v) => v == null ? "–" : v >= 1e6 ? round(v / 1e6, 2) + " M" : v >= 1e4 ? round(v / 1e3, 1) + " k" : round(v, v < 10 ? 2 : v < 100 ? 1 : 0);
  const ms = (v) => v == null ? "–" : v >= 1e4 ? round(v / 1e3, 1) + " s" : v >= 1e3 ? round(v / 1e3, 2) + " s" : v >= 100 ? round(v, 0) + " ms" : v >= 1 ? round(v, 1) + " ms" : round(v * 1e3, 0) + " µs";
  const bytes = (v) => { if (v == null) return "–"; const u = ["B", "kB", "MB", "GB", "TB"]; let i = 0; while (v >= 1000 && i < 4) { v /= 1000; i++; } return round(v, v < 10 && i ? 1 : 0) + " " + u[i]; };
  const span = (s) => { s = Math.max(0, Math.floor(s)); const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60; return h ? h + "h " + m + "m" : m ? m + "m " + s % 60 + "s" : s + "s"; };
  const percent = (v) => v == null || !isFinite(v) ? "–" : round(v * 100, v < 0.1 ? 2 : 1) + " %";
  const text = (id, value, kind) => { const e = $(id); if (!e) return; if (e.textContent !== value) e.textContent = value; if (kind !== undefined) e.className = (e.classList.contains("sub") ? "sub " : "") + kind; };
  const make = (tag, cls, content) => { const e = document.createElement(tag); if (cls) e.className = cls; if (content != null) e.textContent = content; return e; };

  // ---- charts: lines over 15 minutes, gaps stay gaps
  const charts = [
    { id: "c-rate", keys: ["rps", "fps"], colors: ["--c1", "--c5"], show: (v) => count(v), names: ["all", "failed"] },
    { id: "c-latency", keys: ["p50", "p90", "p95", "p99"], colors: ["--c1", "--c2", "--c3", "--c4"], show: ms, names: ["p50", "p90", "p95", "p99"] },
    { id: "c-vus", keys: ["vmax", "vus"], colors: ["--c6", "--c1"], show: (v) => count(v), names: ["made", "at work"] },
    { id: "c-iterations", keys: ["ips", "dps"], colors: ["--c1", "--c5"], show: (v) => count(v), names: ["finished", "dropped"] },
  ];
  const nice = (v) => { if (!(v > 0)) return 1; const p = Math.pow(10, Math.floor(Math.log10(v))); const m = v / p; return (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10) * p; };
  function draw(chart) {
    const canvas = $(chart.id), box = canvas.getBoundingClientRect(), scale = window.devicePixelRatio || 1;
    if (!box.width) return;
    if (canvas.width !== Math.round(box.width * scale)) { canvas.width = Math.round(box.width * scale); canvas.height = Math.round(box.height * scale); }
    const g = canvas.getContext("2d"), css = getComputedStyle(document.documentElement), color = (n) => css.getPropertyValue(n).trim();
    g.setTransform(scale, 0, 0, scale, 0, 0); g.clearRect(0, 0, box.width, box.height);
    const left = 52, bottom = 20, top = 6, width = box.width - left - 4, height = box.height - bottom - top;
    g.font = "12px system-ui,sans-serif"; g.fillStyle = color("--quiet"); g.strokeStyle = color("--line"); g.lineWidth = 1;
    const end = points.length ? points[points.length - 1].t : Date.now();
    const first = points.length ? points[0].t : end;
    const length = Math.min(SPAN, Math.max(60000, end - first)), start = end - length;
    const seen = points.filter((p) => p.t >= start);
    let most = 0; for (const p of seen) for (const k of chart.keys) if (p[k] > most) most = p[k];
    const step = nice(most / 3), max = Math.max(step, Math.ceil(most / step - 1e-9) * step);
    const x = (t) => left + (t - start) / length * width, y = (v) => top + height - v / max * height;
    g.textAlign = "right"; g.textBaseline = "middle";
    for (let v = 0; v <= max + step / 2; v += step) { g.beginPath(); g.moveTo(left, Math.round(y(v)) + .5); g.lineTo(left + width, Math.round(y(v)) + .5); g.stroke(); g.fillText(v === 0 ? "0" : chart.show(v), left - 8, y(v)); }
    g.textAlign = "center"; g.textBaseline = "top";
    const every = length <= 120000 ? 30000 : length <= 300000 ? 60000 : 180000;
    for (let t = Math.ceil(start / every) * every; t <= end; t += every) { const at = Math.min(Math.max(x(t), left + 16), left + width - 18); g.fillText(new Date(t).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: length <= 120000 ? "2-digit" : undefined, hour12: false }), at, top + height + 5); }
    if (!seen.length) { g.fillText(now && now.phase === "ended" ? "no points" : "waiting for the first requests", left + width / 2, top + height / 2); return; }
    chart.keys.forEach((key, i) => {
      g.strokeStyle = color(chart.colors[i]); g.lineWidth = 1.75; g.lineJoin = "round"; g.beginPath();
      let last = null;
      for (const p of seen) { if (p[key] == null) { last = null; continue; } if (last == null || p.t - last > 5000) { g.moveTo(x(p.t), y(p[key])); g.lineTo(x(p.t) + .01, y(p[key])); } else g.lineTo(x(p.t), y(p[key])); last = p.t; }
      g.stroke();
    });
    const latest = seen[seen.length - 1];
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", chart.keys.map((k, i) => chart.names[i] + " " + chart.show(latest[k])).join(", "));
    if (hover && hover.id === chart.id) {
      const at = start + (hover.x - left) / width * length;
      let best = seen[0]; for (const p of seen) if (Math.abs(p.t - at) < Math.abs(best.t - at)) best = p;
      g.strokeStyle = color("--quiet"); g.lineWidth = 1; g.beginPath(); g.moveTo(x(best.t), top); g.lineTo(x(best.t), top + height); g.stroke();
      const lines = [new Date(best.t).toLocaleTimeString([], { hour12: false })].concat(chart.keys.map((k, i) => chart.names[i] + "  " + chart.show(best[k])));
      const w = Math.max(...lines.map((l) => g.measureText(l).width)) + 16, h = lines.length * 16 + 8;
      const bx = x(best.t) + 10 + w > left + width ? x(best.t) - 10 - w : x(best.t) + 10;
      g.fillStyle = color("--bg"); g.strokeStyle = color("--line"); g.beginPath(); g.rect(bx, top + 2, w, h); g.fill(); g.stroke();
      g.textAlign = "left"; g.textBaseline = "top";
      lines.forEach((l, i) => { g.fillStyle = i ? color(chart.colors[i - 1]) : color("--ink"); g.fillText(l, bx + 8, top + 7 + i * 16); });
    }
  }
  function redraw() { if (drawn) return; drawn = true; requestAnimationFrame(() => { drawn = false; charts.forEach(draw); }); }
  for (const chart of charts) {
    const canvas = $(chart.id);
    canvas.addEventListener("pointermove", (e) => { hover = { id: chart.id, x: e.offsetX }; redraw(); });
    canvas.addEventListener("pointerleave", () => { hover = null; redraw(); });
    canvas.addEventListener("blur", () => { hover = null; redraw(); });
    canvas.addEventListener("keydown", (e) => {
      const width = canvas.getBoundingClientRect().width;
      const step = { ArrowLeft: -8, ArrowRight: 8, Home: -1e6, End: 1e6 }[e.key];
      if (!step) return;
      e.preventDefault();
      const from = hover && hover.id === chart.id ? hover.x : width - 4;
      hover = { id: chart.id, x: Math.min(width - 4, Math.max(52, from + step)) }; redraw();
    });
  }
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  // ---- the state of things
  const PHASES = { starting: "starting", created: "starting", init: "making VUs", waiting: "waiting to start", setup: "setup", running: "running", teardown: "teardown", ended: "finished" };
  function notice(content, kind) { const e = $("notice"); e.hidden = !content; e.className = "notice " + (kind || ""); if (e.textContent !== content) e.textContent = content || ""; }
  function phase() {
    const e = $("phase"), failed = now && now.thresholds && now.thresholds.some((t) => !t.ok);
    let key = now ? now.phase : "connecting", name = PHASES[key] || key, say = "", kind = "";
    if (now && now.paused && key !== "ended") { key = "paused"; name = "paused"; say = "Paused: no iteration starts. What is skipped is not made up when the test goes on."; }
    else if (now && now.stop && key !== "ended") { key = "stopping"; name = "stopping"; say = "Stopping: running iterations may finish."; }
    else if (key === "init") say = "Making virtual users: " + now.vus_max + " of " + now.vus_planned + ".";
    else if (key === "waiting") say = "Ready. The load starts at its time.";
    else if (key === "starting" || key === "created") say = "loadd is starting: reading the script and preparing the run.";
    else if (key === "ended") {
      const odd = now.stop && now.stop !== "graceful";
      say = (odd ? "The test was stopped (" + now.stop + ") after " : "The test ended after ") + span(now.elapsed) + (failed ? "; thresholds were crossed." : now.thresholds.length ? "; all thresholds hold." : ".");
      if (failed || odd) { key = "failed"; kind = "bad"; name = odd ? "stopped" : "finished"; } else kind = "good";
    }
    const away = heard && Date.now() - heard > 6000;
    if (away) {
      const over = now && now.phase === "ended";
      key = over ? key : "lost"; name = over ? name : "no contact"; if (!over) kind = "bad";
      say = over ? say + " loadd has since exited; these are its last numbers." : "No contact with loadd for " + span((Date.now() - heard) / 1000) + ". The numbers below are old; this page keeps trying.";
    }
    e.dataset.phase = key; if (e.textContent !== name) e.textContent = name;
    notice(say, kind);
    document.title = (key === "running" ? "" : "(" + name + ") ") + document.title.replace(/^\([^)]*\) /, "");
    const live = now && !away && !["ended", "starting"].includes(now.phase), pause = $("pause"), stop = $("stop");
    if (pause) { pause.hidden = stop.hidden = !live; pause.textContent = now && now.paused ? "Resume" : "Pause"; }
  }
  function show() {
    phase();
    if (!now || !("scenarios" in now)) { redraw(); return; }
    const p = points.length ? points[points.length - 1] : {};
    const fresh = now.phase !== "ended";
    text("clock", span(now.elapsed) + (now.total ? " of " + span(now.total) : ""));
    const overall = $("overall"); overall.hidden = !now.total;
    if (now.total) { const done = Math.min(100, now.elapsed / now.total * 100); overall.firstElementChild.style.width = done + "%"; overall.setAttribute("aria-valuenow", Math.round(done)); }
    const seconds = now.elapsed || 1;
    text("t-rps", (fresh ? count(p.rps) : count(now.requests / seconds)) + " /s"); text("t-requests", count(now.requests) + " in all" + (fresh ? "" : ", mean rate"));
    const f = now.failed, share = f && f[1] ? f[0] / f[1] : null, current = p.rps ? p.fps / p.rps : null;
    text("t-failed", percent(fresh && current != null ? current : share), f && (fresh && current != null ? current : share) > 0 ? "bad" : ""); text("t-failed-sub", f ? count(f[0]) + " in all, " + percent(share) : "");
    text("t-p95", ms(p.p95)); text("t-p-sub", p.p50 == null ? "no answers in this second" : "p50 " + ms(p.p50) + " · p99 " + ms(p.p99));
    text("t-ips", (fresh ? count(p.ips) : count(now.iterations / seconds)) + " /s"); text("t-iterations", count(now.iterations) + " in all" + (now.interrupted ? ", " + count(now.interrupted) + " cut off" : ""));
    text("t-vus", count(now.vus)); text("t-vmax", count(now.vus_max) + " made");
    const c = now.checks;
    text("t-checks", c && c[1] ? percent(c[0] / c[1]) : "–", c && c[1] && c[0] < c[1] ? "bad" : ""); text("t-checks-sub", c && c[1] ? count(c[1] - c[0]) + " failed of " + count(c[1]) : "none made");
    scenarios(); thresholds(); health(p); redraw();
  }
  function replace(id, children) { const e = $(id); e.replaceChildren(...children); }
  function scenarios() {
    if (!now.scenarios.length) return replace("scenarios", [make("p", "empty", "No scenario yet.")]);
    replace("scenarios", now.scenarios.map((s) => {
      const box = make("div", "scenario"), head = make("p"), bar = make("div", "bar"), fill = make("i"), foot = make("p", "sub");
      head.append(make("b", "", s.name), make("span", s.phase === "interrupted" ? "bad" : "quiet", s.phase === "waiting" ? "starts in " + span(s.starts_in) : s.duration == null && s.phase === "running" ? "running for " + span(s.elapsed) + ", no end" : s.phase + (s.duration ? " · " + span(Math.min(s.elapsed, s.duration)) + " of " + span(s.duration) : "")));
      fill.style.width = Math.min(100, s.progress * 100) + "%"; bar.append(fill);
      bar.setAttribute("role", "progressbar"); bar.setAttribute("aria-label", s.name); bar.setAttribute("aria-valuenow", Math.round(s.progress * 100));
      const plan = s.rate != null ? round(s.rate, 1) + " /s planned" : s.iterations != null ? count(s.started) + " of " + count(s.iterations) + " iterations" : "";
      foot.append(make("span", "", s.executor + (plan ? " · " + plan : "")), make("span", s.dropped ? "warn" : "", s.vus + "/" + s.vus_max + " VUs · " + count(s.started) + " started" + (s.dropped ? " · " + count(s.dropped) + " dropped" : "")));
      box.append(head); if (s.duration != null || s.iterations != null) box.append(bar); box.append(foot); return box;
    }));
  }
  function thresholds() {
    if (!now.thresholds.length) return replace("thresholds", [make("p", "empty", "None set.")]);
    const table = make("table"), body = make("tbody");
    for (const t of now.thresholds) {
      const row = make("tr"), name = make("th"), value = make("td", t.ok ? "good" : "bad");
      name.scope = "row"; name.append(t.key + " ", make("code", "", t.expr));
      value.append((t.ok ? "✓ " : "✗ ") + (t.value == null ? "no samples" : round(t.value, 3)), make("small", "", t.ok ? " holds" : " crossed"));
      row.append(name, value); body.append(row);
    }
    table.append(body); replace("thresholds", [table]);
  }
  function health(p) {
    const cpu = p.cores ? p.cpu / p.cores : null, minute = points.slice(-60), drops = minute.reduce((a, q) => a + (q.dps || 0), 0);
    const worst = (key) => minute.reduce((a, q) => Math.max(a, q[key] || 0), 0);
    const late = worst("delay") > 50, lag = worst("lag") > 50, busy = cpu > 0.9;
    text("g-delay", ms(p.delay), late ? "warn" : ""); text("g-lag", ms(p.lag), lag ? "warn" : "");
    text("g-dropped", count(now.dropped) + (drops ? " (" + round(drops, 0) + " in the last minute)" : ""), drops ? "bad" : now.dropped ? "warn" : "");
    text("g-cpu", p.cpu == null ? "–" : round(p.cpu, 2) + (p.cores ? " of " + round(p.cores, 1) + " cores" : " cores"), busy ? "bad" : ""); text("g-mem", bytes(p.mem));
    text("g-net", bytes(p.recv) + "/s / " + bytes(p.sent) + "/s");
    const d = now.delivery;
    text("g-backlog", d ? count(d.pending) + " samples" + (d.failed ? ", " + count(d.failed) + " refused" : "") + (d.dropped ? ", " + count(d.dropped) + " lost" : "") : "not configured", d && (d.failed || d.dropped) ? "bad" : "");
    text("verdict", busy || late || lag ? "may be the bottleneck" : drops ? "too few VUs for the rate" : minute.length ? "keeps up" : "", busy || late || lag || drops ? "warn" : "good");
  }

  // ---- where it comes from: the past once, then the stream; polling where streams do not get through
  function take(point) {
    if (!point || (points.length && point.t <= points[points.length - 1].t)) return;
    points.push(point);
    const first = point.t - SPAN; while (points.length && points[0].t < first) points.shift();
  }
  async function past() {
    const after = points.length ? "?after=" + points[points.length - 1].t : "";
    const answer = await fetch("/v1/history" + after, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const data = await answer.json();
    data.points.forEach(take); now = data.now || now; heard = Date.now(); show();
  }
  let source = null, streamed = 0;
  function listen() {
    if (!window.EventSource) return;
    source = new EventSource("/v1/stream");
    source.onopen = () => past().catch(() => {});
    source.onmessage = (e) => { const data = JSON.parse(e.data); take(data.point); now = data.now; heard = streamed = Date.now(); show(); };
    source.onerror = () => { if (source.readyState === 2) { source = null; setTimeout(listen, 5000); } };
  }
  past().catch(() => {}); listen();
  setInterval(() => { if (Date.now() - streamed > 3000) past().catch(() => {}); phase(); }, 2000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) past().catch(() => {}); });

  // ---- control, where this listener has it
  async function change(attributes) {
    const answer = await fetch("/v1/status", { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ data: { type: "status", id: "default", attributes } }) });
    if (!answer.ok) { const data = await answer.json().catch(() => ({})); alert((data.errors && data.errors[0].detail) || "refused: " + answer.status); }
    past().catch(() => {});
  }
  if ($("pause")) {
    $("pause").addEventListener("click", () => change({ paused: !(now && now.paused) }));
    $("stop").addEventListener("click", () => { if (confirm("Stop this test? Running iterations are cut off.")) change({ stopped: true }); });
  }
})();
