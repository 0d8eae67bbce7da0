// The status cards: how many there are of a kind, and of each status; every number leads to its rows.
import {html} from "htl";
import {chip} from "./chip.js";
import {to} from "./links.js";
import {wordOf} from "./words.js";

const CLOSED = {
  task: ["done", "cancel"],
  workplan: ["finished", "archived"],
  decision: ["resolved", "superseded"],
  topic: ["archived"],
};

/** {status: n} of a kind, the total left out, as what is open and what is closed. */
export function split(kind, counts) {
  const all = Object.entries(counts).filter(([status]) => status !== "total");
  const closed = new Set(CLOSED[kind]);
  return {
    open: all.filter(([status]) => !closed.has(status)),
    closed: all.filter(([status]) => closed.has(status)),
  };
}

const number = new Intl.NumberFormat();
export const count = (n) => number.format(n);

/** One card. `href(status)` leads to the rows of a status; of the whole kind for null. */
export function card(name, kind, counts, href) {
  const {open, closed} = split(kind, counts);
  const sum = open.reduce((total, [, n]) => total + n, 0);
  const line = ([status, n]) =>
    html`<li>
      <a href=${href(status)} class=${n ? null : "is-zero"} title=${`${count(n)} ${wordOf(kind, status).label}`}
        >${chip(kind, status, {quiet: true})}<b>${count(n)}</b></a
      >
    </li>`;
  return html`<section class="card" aria-label=${name} data-key=${`card-${kind}`}>
    <h3><a href=${href(null)}>${name}</a></h3>
    <p class="card-sum">
      <a href=${href(open.map(([status]) => status))}><b>${count(sum)}</b> <span>open</span></a>
      <span class="card-total">of ${count(counts.total ?? 0)}</span>
    </p>
    <ul>
      ${[...open, ...closed].map(line)}
    </ul>
  </section>`;
}

/** The four cards of the summary's totals. */
export function cards(totals) {
  return html`<div class="cards">
    ${[
      card("Tasks", "task", totals.tasks, (status) => to.rows("task", {status})),
      card("Workplans", "workplan", totals.workstreams, (status) => to.workplans({status})),
      card("Decisions", "decision", totals.decisions, (status) => to.decisions({status})),
      card("Topics", "topic", totals.topics, (status) => to.rows("topic", {status})),
    ]}
  </div>`;
}
