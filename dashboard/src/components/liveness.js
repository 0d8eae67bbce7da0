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

/**
 * {state, at: ms or null, baked: was it read by the build}. live: a change shows within a second · snapshot: of `at`, as no
 * change is told · stale: so, since the hub reaches no database · unreachable: nobody answers · connecting: nothing yet.
 */
export function liveness() {
  const at = readAt ?? bakedAt;
  const baked = readAt === null && bakedAt !== null;
  const told = stream.state === "open" || stream.state === "reconnecting";
  const state =
    answered === false
      ? "unreachable"
      : isOld
        ? "stale"
        : told && answered
          ? "live"
          : at === null
            ? "connecting"
            : "snapshot";
  return {state, at, baked};
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

onAnswer(({ok, read, stale}) => {
  answered = ok;
  if (stale) isOld = true;
  else if (read) {
    isOld = false;
    readAt = now();
  }
  tell();
});
stream.onState(tell);
