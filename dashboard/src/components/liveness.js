// How much what is shown can be trusted: live, a snapshot of some time, or the hub unreachable.
import {onAnswer} from "./api.js";
import {stream} from "./stream.js";
import {now} from "./time.js";

const watchers = new Set();
let answered = null; // did the last answer come: null before the first
let isOld = false; // the hub itself reaches no database, and serves its last good snapshot
let readAt = null; // ms, of what is shown
let bakedAt = null; // ms, of what the build read
let said = "";

/** {state: "live" | "connecting" | "snapshot" | "stale" | "unreachable", at: ms or null, baked} */
export function liveness() {
  const at = readAt ?? bakedAt;
  const baked = readAt === null && bakedAt !== null;
  if (answered === false || (stream.state === "broken" && answered !== true)) return {state: "unreachable", at, baked};
  if (isOld) return {state: "stale", at, baked};
  if (stream.state === "open" && answered) return {state: "live", at, baked};
  if (stream.state === "broken") return {state: "unreachable", at, baked};
  return {state: baked ? "snapshot" : "connecting", at, baked};
}

/** f(liveness) at once, and whenever it changes. */
export function onLiveness(f) {
  watchers.add(f);
  f(liveness());
  return () => watchers.delete(f);
}

/** What is shown was baked in at that time. */
export function noteSnapshot(iso) {
  bakedAt = Date.parse(iso);
  tell();
}

function tell() {
  const found = liveness();
  const text = JSON.stringify(found.state === "live" ? "live" : found);
  if (text === said) return;
  said = text;
  watchers.forEach((f) => f(found));
}

onAnswer(({ok, stale}) => {
  answered = ok;
  if (ok) {
    isOld = stale;
    if (!stale) readAt = now();
  }
  tell();
});
stream.onState(tell);
