// Decisions with a date: overdue first.
import {html} from "htl";
import {chip} from "./chip.js";
import {to} from "./links.js";
import {empty} from "./states.js";
import {plain} from "./text.js";
import {isPast, ticking} from "./time.js";

/** Rows of pending decisions, in the order they come. */
export function dueList(decisions) {
  if (decisions.length === 0) {
    return empty("No decision is due within 7 days", "A question with a date shows here.", {
      command: 'custodian decision add "Ship it?" --topic product --due 2026-12-01',
    });
  }
  return html`<ul class="list">
    ${decisions.map(
      (row) =>
        html`<li data-key=${`due-${row.code}`}>
          <p class="row">
            <a href=${to.decision(row.code)} class="row-title"><bdi>${plain(row.title)}</bdi></a>
            <span class="row-when" data-late=${String(isPast(row.due_at))}>${ticking(row.due_at, "due")}</span>
          </p>
          <p class="meta">
            ${isPast(row.due_at) ? chip("mark", "overdue") : null}${chip("decision", row.status)}
            <span class="code">${plain(row.code)}</span>${
              (row.workplan ?? row.topic) ? html`<span>${plain(row.workplan ?? row.topic)}</span>` : null
            }
          </p>
        </li>`,
    )}
  </ul>`;
}
