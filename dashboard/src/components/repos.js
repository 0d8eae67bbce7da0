// The repositories at a glance: what is open, how far it is, and what holds it up.
import {html} from "htl";
import {bar} from "./bar.js";
import {count} from "./cards.js";
import {chip} from "./chip.js";
import {to} from "./links.js";
import {empty} from "./states.js";
import {plain} from "./text.js";

/** What a repository may be marked with: [mark of a state, kind, value, word]. The legend tells them. */
const MARKS = [
  ["escalated", "decision", "escalated", "escalated"],
  ["late", "mark", "overdue", "overdue"],
  ["questions", "decision", "open", "open question"],
  ["expired", "mark", "expired", "lease over"],
  ["blocked", "workplan", "blocked", "blocked plan"],
  ["waiting", "task", "wait", "waiting"],
  ["claims", "mark", "claimed", "claimed"],
  ["finishable", "mark", "finishable", "to finish"],
];

const mark = (n, kind, value, word) =>
  html`<span title=${`${count(n)} ${word}`}
    >${chip(kind, value, {label: html`${count(n)}<span class="visually-hidden"> ${word}</span>`})}</span
  >`;

/** What the marks of the cards mean. */
export function repoLegend() {
  return html`<p class="legend">
    ${MARKS.map(([, kind, value, word]) => chip(kind, value, {label: word, quiet: true}))}
  </p>`;
}

/** One repository of repoStates(). */
export function repoCard(state) {
  const {slug, plans, done, working, waiting, total} = state;
  const isIdle = plans === 0 && state.claims === 0 && state.decisions === 0;
  const marks = {...state, questions: state.decisions - state.escalated};
  return html`<li class=${`repo${isIdle ? " is-idle" : ""}`} data-key=${`repo-${slug}`}>
    <p class="repo-head">
      <a href=${to.repo(slug)} title=${plain(state.name)}><bdi>${plain(slug)}</bdi></a>
      <span>${plans ? `${count(plans)} ${plans === 1 ? "plan" : "plans"}` : "idle"}</span>
    </p>
    ${bar({done, progress: working, wait: waiting}, total)}
    <p class="repo-line">
      <span>${total ? `${count(done)} of ${count(total)} done` : "no open tasks"}</span>
      <span class="repo-marks"
        >${MARKS.filter(([name]) => marks[name] > 0).map(([name, ...rest]) => mark(marks[name], ...rest))}</span
      >
    </p>
  </li>`;
}

/** The grid of repoStates(). */
export function repoGrid(states) {
  if (states.length === 0) {
    return empty("No repository is registered", "Register one with:", {
      command: 'custodian repo add my-repo --name "My repo" --domain infotech',
    });
  }
  return html`<ul class="repos">
    ${states.map(repoCard)}
  </ul>`;
}
