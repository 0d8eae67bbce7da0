// Times: RFC 3339 in, words out. What depends on the clock is told by elements that tick, not by a new render.
import {html} from "htl";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
let skew = 0; // of the hub's clock against the browser's, in ms

/** Learn the hub's time from an answer's Date, which counts whole seconds. */
export function learnClock(date) {
  const there = Date.parse(date ?? "");
  if (Number.isNaN(there)) return;
  const off = there + 500 - Date.now();
  skew = Math.abs(off) > 2000 ? off : 0;
}

/** The hub's now, in ms. */
export const now = () => Date.now() + skew;

const plural = (n, unit) => `${n} ${unit}`;

/** A length in ms, in its largest unit: "42 s", "3 min", "5 h", "12 d". */
export function span(ms) {
  const length = Math.abs(ms);
  if (length < MINUTE) return plural(Math.floor(length / 1000), "s");
  if (length < HOUR) return plural(Math.floor(length / MINUTE), "min");
  if (length < 2 * DAY) return plural(Math.floor(length / HOUR), "h");
  if (length < 365 * DAY) return plural(Math.floor(length / DAY), "d");
  return plural(Math.floor(length / (365 * DAY)), "y");
}

/** "just now", "3 min ago", "in 5 h". */
export function ago(iso, at = now()) {
  const past = at - Date.parse(iso);
  if (Number.isNaN(past)) return "";
  if (Math.abs(past) < 5000) return "just now";
  return past > 0 ? `${span(past)} ago` : `in ${span(past)}`;
}

/** A due date: "3 d overdue", "due in 5 h". */
export function due(iso, at = now()) {
  const left = Date.parse(iso) - at;
  if (Number.isNaN(left)) return "";
  return left < 0 ? `${span(left)} overdue` : `due in ${span(left)}`;
}

/** A lease: "1:05 left", "12 min left", "ran out 3 min ago". */
export function lease(iso, at = now()) {
  const left = Date.parse(iso) - at;
  if (Number.isNaN(left)) return "";
  if (left <= 0) return `ran out ${span(left)} ago`;
  if (left >= 10 * MINUTE) return `${span(left)} left`;
  const seconds = Math.floor(left / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
}

export const isPast = (iso, at = now()) => iso != null && Date.parse(iso) < at;
export const isWithin = (iso, days, at = now()) => iso != null && Date.parse(iso) < at + days * DAY;

const FULL = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short"});
const DATE = new Intl.DateTimeFormat(undefined, {dateStyle: "medium"});
const CLOCK = new Intl.DateTimeFormat(undefined, {timeStyle: "medium"});

const shown = (format) => (iso) => (Number.isNaN(Date.parse(iso)) ? "" : format.format(new Date(iso)));
export const absolute = shown(FULL);
export const date = shown(DATE);
export const clock = shown(CLOCK);

const TELL = {ago, due, lease};

/** A <time> that tells itself anew as time goes by; `how` is ago, due or lease. Without a time, `none`. */
export function ticking(iso, how = "ago", none = "") {
  if (iso == null) return none;
  return html`<time datetime=${iso} title=${absolute(iso)} data-tick=${how} data-past=${String(isPast(iso))}
    >${TELL[how](iso)}</time
  >`;
}

/** Tell all ticking times of a tree anew. */
export function tick(root = document) {
  for (const node of root.querySelectorAll("time[data-tick]")) {
    const iso = node.getAttribute("datetime");
    const text = TELL[node.dataset.tick]?.(iso) ?? "";
    if (node.textContent !== text) node.textContent = text;
    node.dataset.past = String(isPast(iso));
  }
}

if (typeof document !== "undefined") {
  setInterval(() => document.visibilityState === "visible" && tick(), 1000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tick());
}
