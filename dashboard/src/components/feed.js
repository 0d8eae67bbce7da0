// The activity feed: what happened, by whom, when.
import {html} from "htl";
import {author} from "./author.js";
import {to} from "./links.js";
import {empty} from "./states.js";
import {plain, tail} from "./text.js";
import {ticking} from "./time.js";
import {EVENT_TYPES} from "./words.js";

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
