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

/** What the badge says: {before, text, after, title}; on a phone there is room for the text alone. */
export function wording({state, at, baked}) {
  const of = at === null ? "" : when(at);
  switch (state) {
    case "live":
      return {text: "live", title: "What you see is the hub as it is; a change shows within a second."};
    case "snapshot":
      return {
        before: "snapshot of ",
        text: of,
        title: baked
          ? "This was read when the page was built. Connecting to the hub."
          : "The hub answers, but tells of no changes just now: this page asks again every few seconds.",
      };
    case "stale":
      return {
        before: `snapshot of ${of} · `,
        text: "database away",
        title: "The hub does not reach its database, and tells what it knew last.",
      };
    case "unreachable": {
      const what = of ? ` · ${baked ? "snapshot of" : "as of"} ${of}` : "";
      return {text: "hub unreachable", after: what, title: "The hub does not answer. This page tries again by itself."};
    }
    default:
      return {text: "connecting", title: "Connecting to the hub."};
  }
}

/** The badge of a liveness. */
export function badge(found = liveness()) {
  const {before, text, after, title} = wording(found);
  return html`<span class="badge" data-state=${found.state} title=${title}
    ><span class="badge-dot" aria-hidden="true"></span
    ><span class="badge-text"
      >${before && html`<span class="badge-more">${before}</span>`}${text}${
        after && html`<span class="badge-more">${after}</span>`
      }</span
    ></span
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
