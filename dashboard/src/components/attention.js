// What asks for a person: escalated decisions and what is overdue.
import {html} from "htl";
import {chip} from "./chip.js";
import {to} from "./links.js";
import {empty} from "./states.js";
import {plain} from "./text.js";
import {ticking} from "./time.js";

function item({kind, why, row}) {
  const href = kind === "decision" ? to.decision(row.code) : to.workplan(row.code);
  const meaning = why === "escalated" ? "alarm" : "late";
  const where = kind === "decision" ? (row.workplan ?? row.topic) : row.repo;
  return html`<li class="ask" data-meaning=${meaning} data-key=${`ask-${row.code}`}>
    <a href=${href} class="ask-title"><bdi>${plain(row.title)}</bdi></a>
    <p class="meta">
      ${
        why === "escalated"
          ? chip("decision", "escalated")
          : chip("mark", "overdue", {label: kind === "decision" ? "decision overdue" : "workplan overdue"})
      }
      <span class="code">${plain(row.code)}</span>${where ? html`<span>${plain(where)}</span>` : null}
      ${row.due_at ? html`<span class="row-when">${ticking(row.due_at, "due")}</span>` : null}
      ${row.escalation_note ? html`<bdi>${plain(row.escalation_note)}</bdi>` : null}
    </p>
  </li>`;
}

/** The list of overview.js's attention(). */
export function attentionList(items) {
  if (items.length === 0) {
    return empty("Nothing asks for you", "No decision is escalated, and nothing is overdue.", {calm: true});
  }
  return html`<ul class="asks">
    ${items.map(item)}
  </ul>`;
}
