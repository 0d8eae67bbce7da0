// What is shown of a workplan wherever it stands: its marks, its facts, its tasks.
import {html} from "htl";
import {bar} from "./bar.js";
import {count} from "./cards.js";
import {chip} from "./chip.js";
import {author} from "./author.js";
import {to} from "./links.js";
import {tally} from "./plan.js";
import {marks} from "./plans.js";
import {empty} from "./states.js";
import {linked, plain, tail} from "./text.js";
import {absolute, isPast, ticking} from "./time.js";
import {PRIORITIES, wordOf} from "./words.js";

const MARKS = {overdue: "overdue", finishable: "all tasks done"};

/** Its status, and what sets it off. */
export function planChips(plan) {
  return [chip("workplan", plan.status), ...marks(plan).map((mark) => chip("mark", mark, {label: MARKS[mark]}))];
}

export const priority = (value) =>
  html`<span class="priority" data-priority=${value} title="priority, 0 is the most urgent">${PRIORITIES[value]}</span>`;

const fact = (name, value) =>
  value == null || value === ""
    ? null
    : html`<div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>`;

/** Who owns it, where it belongs, until when; `isWhole` tells of everything. */
export function planFacts(plan, {isWhole = false} = {}) {
  return html`<dl class="facts">
    ${fact("Owner", plan.owner ? html`<bdi>${plain(plan.owner)}</bdi>` : "nobody")}
    ${fact("Repository", html`<a href=${to.repo(plan.repo)}>${plain(plan.repo)}</a>`)}
    ${fact("Topic", plan.topic ? html`<a href=${to.topic(plan.topic)}>${plain(plan.topic)}</a>` : null)}
    ${fact("Due", plan.due_at ? html`<span class="row-when">${ticking(plan.due_at, "due")}</span>` : null)}
    ${fact("Priority", priority(plan.priority))}
    ${
      isWhole
        ? [
            fact("Domain", plan.domain),
            fact("Changed", ticking(plan.updated_at)),
            fact("Created", html`<span title=${absolute(plan.created_at)}>${ticking(plan.created_at)}</span>`),
            fact("File", plan.source_path ? html`<code class="path">${plain(plan.source_path)}</code>` : null),
          ]
        : null
    }
  </dl>`;
}

/** How far it is: a bar, and in words. Without the tasks at hand it knows only what is done. */
export function planProgress(plan, tasks = null) {
  const {done, total} = plan.tasks;
  const {todo, ...begun} = tasks ? tally(tasks) : {done};
  return html`<p class="plan-progress">
    ${bar(begun, tasks ? tasks.length : total)}
    <span>${total ? `${count(done)} of ${count(total)} tasks done` : "no tasks yet"}</span>
  </p>`;
}

/** Text that somebody wrote, as it stands, with its addresses as links. */
export const prose = (text) => html`<p class="prose"><bdi>${linked(text)}</bdi></p>`;

/** Rows of another plan or task, as links with their status; `within` is the plan whose tasks are called "T03". */
export function around(rows, kind, href, within = null) {
  return html`<ul class="around">
    ${rows.map(
      (row) =>
        html`<li data-key=${`around-${row.code}`}>
          <a href=${href(row)} title=${plain(row.title)}
            ><span class="code">${plain(within === null ? row.code : tail(row.code, within))}</span>
            <bdi>${plain(row.title)}</bdi></a
          >
          ${row.status === null ? null : chip(kind, row.status)}
        </li>`,
    )}
  </ul>`;
}

function waitsFor({open}, plan) {
  return html`<span class="waits"
    >waits for ${open.map(
      (need, i) =>
        html`${i ? ", " : ""}<a href=${need.workplan ? to.task(need.code, need.workplan) : to.task(need.code, plan)}
            title=${`${plain(need.title)}: ${need.status ? wordOf("task", need.status).label : "unknown"}`}
            >${plain(tail(need.code, plan))}</a
          >`,
    )}</span
  >`;
}

function taskRow(task, plan, selected) {
  const isSelected = selected !== null && task.code.toLowerCase() === selected.toLowerCase();
  return html`<li data-key=${`task-${task.code}`} class=${`task${isSelected ? " is-selected" : ""}`}>
    <p class="row">
      <a
        href=${to.task(task.code, plan)}
        class="row-title"
        aria-current=${isSelected ? "true" : null}
        title=${plain(task.title)}
        ><span class="code">${plain(tail(task.code, plan))}</span> <bdi>${plain(task.title)}</bdi></a
      >
      ${priority(task.priority)}
    </p>
    <p class="meta">
      ${chip("task", task.status)}
      ${
        task.claim
          ? html.fragment`${author(task.claim.claimed_by, "agent")}${
              isPast(task.claim.lease_expires_at) ? chip("mark", "expired") : null
            }<span class="row-when">${ticking(task.claim.lease_expires_at, "lease")}</span>`
          : null
      }
      ${task.isHeld ? waitsFor(task, plan) : null}
      ${task.waiting_on ? html`<bdi class="waits">on ${plain(task.waiting_on)}</bdi>` : null}
      ${task.assignee ? html`<span>for <bdi>${plain(task.assignee)}</bdi></span>` : null}
      ${task.due_at && !["done", "cancel"].includes(task.status) ? html`<span class="row-when">${ticking(task.due_at, "due")}</span>` : null}
    </p>
  </li>`;
}

/** The tasks of a board(). `none` is shown without any. */
export function taskList(tasks, plan, {selected = null, none = null} = {}) {
  if (tasks.length === 0) {
    return (
      none ??
      empty("This workplan has no tasks yet", "Add one:", {
        command: `custodian task add "Measure it" --workplan ${plan}`,
      })
    );
  }
  return html`<ul class="list tasks">
    ${tasks.map((task) => taskRow(task, plan, selected))}
  </ul>`;
}
