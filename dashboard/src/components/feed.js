// The activity feed: what happened, by whom, when.
import {html} from "htl";
import {to} from "./links.js";
import {empty} from "./states.js";
import {plain, tail} from "./text.js";
import {ticking} from "./time.js";
import {AUTHOR_KINDS, EVENT_TYPES} from "./words.js";

const INITIAL = /[\p{L}\p{N}]/u;
const GLYPHS = {
  human: "M6 6.2a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM1.8 10.8c.5-2.3 2.1-3.4 4.2-3.4s3.7 1.1 4.2 3.4",
  agent: "M2.2 4.2h7.6v5.6H2.2zM6 4.2V1.8M4.5 6.6v.8M7.5 6.6v.8",
  system:
    "M6 4.2a1.8 1.8 0 1 0 .001 0zM6 1.2v1.6M6 9.2v1.6M1.2 6h1.6M9.2 6h1.6M2.6 2.6l1.1 1.1M8.3 8.3l1.1 1.1M9.4 2.6L8.3 3.7M3.7 8.3L2.6 9.4",
};

/** Who: a name, with the shape and colour of the kind of author. */
export function author(name, kind) {
  const shown = plain(name) || "anonymous";
  return html`<span class="author" data-author=${kind} title=${`${shown} (${AUTHOR_KINDS[kind] ?? kind})`}>
    <svg viewBox="0 0 12 12" width="14" height="14" role="img" aria-label=${AUTHOR_KINDS[kind] ?? kind}>
      <path
        d=${GLYPHS[kind] ?? GLYPHS.system}
        fill="none"
        stroke="currentColor"
        stroke-width="1.2"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
    <bdi>${INITIAL.test(shown) ? shown : "anonymous"}</bdi></span
  >`;
}

/** Where an event leads: the most particular row that it names, as [text, address]; null for none. */
export function subject(event) {
  if (event.decision) return [event.decision, to.decision(event.decision)];
  if (event.task && event.workplan) return [event.task, to.task(event.task, event.workplan)];
  if (event.workplan) return [event.workplan, to.workplan(event.workplan)];
  if (event.repo) return [event.repo, to.repo(event.repo)];
  if (event.topic) return [event.topic, to.topic(event.topic)];
  return null;
}

/** One event. `within` is the code of the workplan whose page this is: its tasks are called "T03" there. */
export function entry(event, within = null) {
  const about = aboutOf(event, within);
  return html`<li class="entry" data-key=${`event-${event.id}`} data-type=${event.event_type}>
    <p class="entry-head">
      ${author(event.author, event.author_kind)}
      <span class="tag">${EVENT_TYPES[event.event_type] ?? plain(event.event_type)}</span>
      ${about ? html`<a class="entry-about" href=${about[1]}>${plain(about[0])}</a>` : null}
      <span class="entry-when">${ticking(event.occurred_at)}</span>
    </p>
    <p class="entry-text"><bdi>${plain(event.summary)}</bdi></p>
  </li>`;
}

function aboutOf(event, within) {
  const found = subject(event);
  if (found === null || within === null || event.workplan !== within) return found;
  if (found[0] === within || event.decision) return found[0] === within ? null : found;
  return [tail(found[0], within), found[1]];
}

/** Events, newest first as they come. */
export function feed(events, {within = null} = {}) {
  if (events.length === 0) {
    return empty("Nothing has happened yet", "What agents and people do shows here.", {
      command: 'custodian progress note "hello"',
    });
  }
  return html`<ol class="feed">
    ${events.map((event) => entry(event, within))}
  </ol>`;
}
