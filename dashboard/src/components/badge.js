// The badge in the header: live, a snapshot of some time, or the hub unreachable.
import {html} from "htl";
import {liveness, onLiveness} from "./liveness.js";
import {morph} from "./morph.js";
import {absolute, clock, date} from "./time.js";

/** "12:03:22" of today, else with the date. */
function when(at) {
  const iso = new Date(at).toISOString();
  return date(iso) === date(new Date().toISOString()) ? clock(iso) : absolute(iso);
}

/** What the badge says: {text, title}. */
export function wording({state, at, baked}) {
  const of = at === null ? "" : when(at);
  switch (state) {
    case "live":
      return {text: "live", title: "What you see is the hub as it is; a change shows within a second."};
    case "snapshot":
      return {
        text: `snapshot of ${of}`,
        title: baked
          ? "This was read when the page was built. Connecting to the hub."
          : "The hub answers, but tells of no changes just now: this page asks again every few seconds.",
      };
    case "stale":
      return {
        text: `snapshot of ${of} · database away`,
        title: "The hub does not reach its database, and tells what it knew last.",
      };
    case "unreachable": {
      const what = of ? ` · ${baked ? "snapshot of" : "as of"} ${of}` : "";
      return {text: `hub unreachable${what}`, title: "The hub does not answer. This page tries again by itself."};
    }
    default:
      return {text: "connecting", title: "Connecting to the hub."};
  }
}

/** The badge of a liveness. */
export function badge(found = liveness()) {
  const {text, title} = wording(found);
  return html`<span class="badge" data-state=${found.state} title=${title}
    ><span class="badge-dot" aria-hidden="true"></span>${text}</span
  >`;
}

const PATIENCE_MS = 1000; // most pages are live before anybody could read another word

/** Keep the badge in an element. */
export function mountBadge(host) {
  let patient = true;
  const stop = onLiveness((found) => {
    if (found.state === "live") patient = false;
    if (!patient) morph(host, badge(found));
  });
  setTimeout(() => {
    patient = false;
    morph(host, badge());
  }, PATIENCE_MS);
  return stop;
}
