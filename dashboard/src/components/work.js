// Who holds what, and until when; and what is ready to be taken.
import {html} from "htl";
import {chip} from "./chip.js";
import {author} from "./author.js";
import {to} from "./links.js";
import {empty} from "./states.js";
import {release} from "./release.js";
import {plain} from "./text.js";
import {isPast, ticking} from "./time.js";
import {PRIORITIES} from "./words.js";

const title = (code, text, workplan) =>
  html`<a href=${to.task(code, workplan)} class="row-title"><bdi>${plain(text)}</bdi></a>`;

const releaseButton = (row) =>
  html`<button
    type="button"
    class="button is-small"
    aria-label=${`Take the claim of ${plain(row.task)} away from ${plain(row.claimed_by)}`}
    ${{onclick: () => release(row)}}
  >
    Release
  </button>`;

/** Rows of /tasks/claims, the one whose lease ends first before the others. */
export function claimList(claims) {
  if (claims.length === 0) {
    return empty("Nobody holds a task", "An agent takes one with:", {command: "custodian claim --agent NAME"});
  }
  return html`<ul class="list">
    ${claims.map(
      (row) =>
        html`<li data-key=${`claim-${row.task}`}>
          <p class="row">
            ${title(row.task, row.title, row.workplan)}
            <span class="row-when" data-late=${String(isPast(row.lease_expires_at))}
              >${ticking(row.lease_expires_at, "lease")}</span
            >
          </p>
          <p class="meta">
            ${author(row.claimed_by, "agent")}${isPast(row.lease_expires_at) ? chip("mark", "expired") : null}
            <span class="code">${plain(row.task)}</span><span>${plain(row.repo)}</span>
            ${isPast(row.lease_expires_at) ? releaseButton(row) : null}
          </p>
        </li>`,
    )}
  </ul>`;
}

/** Rows of /tasks/ready, in the order they are handed out. */
export function readyList(tasks) {
  if (tasks.length === 0) {
    return empty(
      "Nothing is ready",
      "A task is ready when its workplan is ready or active, and all that it waits for is done.",
      {
        command: "custodian why TASK",
      },
    );
  }
  return html`<ol class="list">
    ${tasks.map(
      (row) =>
        html`<li data-key=${`ready-${row.code}`}>
          <p class="row">
            ${title(row.code, row.title, row.workplan)}
            <span class="priority" data-priority=${row.priority} title="priority, 0 is the most urgent"
              >${PRIORITIES[row.priority]}</span
            >
          </p>
          <p class="meta">
            <span class="code">${plain(row.code)}</span><span>${plain(row.repo)}</span> ${
              row.assignee ? html`<span>for ${plain(row.assignee)}</span>` : null
            }
            ${row.due_at ? html`<span>${ticking(row.due_at, "due")}</span>` : null}
          </p>
        </li>`,
    )}
  </ol>`;
}
