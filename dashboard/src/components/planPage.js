// The page of one workplan: its head, its tasks, a task's history or the plan's, and the graph.
import {html} from "htl";
import {count} from "./cards.js";
import {chip} from "./chip.js";
import {author} from "./author.js";
import {feed} from "./feed.js";
import {filters} from "./filters.js";
import {to} from "./links.js";
import {follow} from "./live.js";
import {morph} from "./morph.js";
import {EVENTS, board, graphOf, planDocuments, tally, taskDocuments} from "./plan.js";
import {planGraph} from "./planGraph.js";
import {around, planChips, planFacts, planProgress, priority, prose, taskList} from "./planParts.js";
import {empty, failed, waiting} from "./states.js";
import {plain} from "./text.js";
import {isPast, ticking} from "./time.js";
import {urlState} from "./url.js";
import {STATUS} from "./words.js";
import {unknown} from "./workstreams.js";

const STATE = {code: null, task: null, status: [], graph: null};
const MANY = 40; // nodes: a bigger graph begins with what is open
const FIELDS = [
  {name: "status", label: "Tasks by status", type: "some", kind: "task", choices: Object.keys(STATUS.task)},
];

/** The element of the page. */
export function planPage() {
  const state = urlState(STATE);
  let {code, task} = state.get();
  const events = {plan: EVENTS, task: EVENTS};
  const plan = follow(planDocuments(code, {events: events.plan}), {every: 30_000});
  const history = follow(taskDocuments(task, code, {events: events.task}), {every: 30_000});
  const form = filters(FIELDS, state, {label: "Filter tasks"});
  let revealed = null;
  const host = html`<div class="plan-page" ${{onclick: stay}}></div>`;

  // a task of the same plan is shown here, without a new page
  function stay(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const there = new URL(link.href);
    if (there.pathname !== "/workplan" || there.searchParams.get("code") !== plan.value?.plan?.code) return;
    event.preventDefault();
    const graph = there.searchParams.get("graph");
    if (graph) return void state.set({graph}, {push: true});
    state.set({task: there.searchParams.get("task")}, {push: true});
    const panel = host.querySelector(".history");
    if (panel.getBoundingClientRect().top > innerHeight - 200 || panel.getBoundingClientRect().bottom < 200) {
      panel.scrollIntoView({block: "nearest"});
    }
  }
  function earlier(of) {
    events[of] += 2 * EVENTS;
    if (of === "task") history.ask(taskDocuments(task, code, {events: Math.min(500, events.task)}));
    else plan.ask(planDocuments(code, {events: Math.min(500, events.plan)}));
  }

  function draw() {
    const now = state.get();
    if (!now.code) return void morph(host, html`<div class="panel">${which()}</div>`);
    const found = plan.value?.code === now.code ? plan.value : null;
    if (found && found.plan === null) return void morph(host, html`<div class="panel">${unknown(now.code)}</div>`);
    if (!found && plan.error) return void morph(host, html`<div class="panel">${failed(plan.error)}</div>`);
    if (found) document.title = `${plain(found.plan.title)} | State Hub`;
    const told = history.value?.code === now.task ? history.value : null;
    morph(host, drawn({found, told, now, form, earlier, error: history.error}));
    if (found && now.task !== revealed) {
      revealed = now.task;
      reveal(host);
    }
  }

  state.onChange((now) => {
    if (now.code !== code) {
      events.plan = EVENTS;
      plan.ask(planDocuments(now.code));
    }
    if (now.task !== task || now.code !== code) {
      events.task = EVENTS;
      history.ask(taskDocuments(now.task, now.code));
    }
    ({code, task} = now);
    draw();
  });
  plan.watch(draw);
  history.watch(draw);
  draw();
  return host;
}

// the selected task comes into sight where it stands, and the page stays where it is
function reveal(host) {
  for (const chosen of host.querySelectorAll(".task.is-selected, .node.is-chosen")) {
    const box = chosen.closest(".panel-body");
    const [outer, inner] = [box.getBoundingClientRect(), chosen.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom) {
      box.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
    }
    if (inner.left < outer.left || inner.right > outer.right) {
      box.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
    }
  }
}

const which = () =>
  empty(
    "Which workplan?",
    html`This page shows one, by its code. See <a href="/workstreams">all workplans</a>, or
      <a href="/search">search</a>.`,
  );

function drawn({found, told, now, form, earlier, error}) {
  if (found === null) {
    return html`<div class="grid-12" data-task=${String(now.task !== null)}>
      <section class="panel span-12 plan-head" aria-label="The workplan">
        <div class="plan-main"><h1>${plain(now.code)}</h1>${waiting(3)}</div>
      </section>
      <section class="panel span-5 h-plan">${waiting(6)}</section>
      <section class="panel span-7 h-plan history">${waiting(6)}</section>
      <section class="panel span-12 h-graph">${waiting(4)}</section>
    </div>`;
  }
  const tasks = board(found);
  const kept = now.status.length ? tasks.filter(({status}) => now.status.includes(status)) : tasks;
  const {plan} = found;
  return html`<div class="grid-12" data-task=${String(now.task !== null)}>
    ${head(found)}
    <section class="panel span-5 h-plan" aria-labelledby="h-tasks">
      <h2 id="h-tasks">Tasks <span class="count">${shownOf(kept, tasks)}</span></h2>
      <div class="panel-filters">${form}</div>
      <div class="panel-body" tabindex="0" role="group" aria-labelledby="h-tasks">
        ${taskList(kept, plan.code, {selected: now.task, none: tasks.length ? empty("No task has that status", "Take a filter back, or clear them.") : null})}
        ${found.complete ? null : html`<p class="meta">There are more tasks: these are the first.</p>`}
      </div>
    </section>
    <section class="panel span-7 h-plan history" aria-labelledby="h-history">
      ${
        now.task === null
          ? html.fragment`<h2 id="h-history">Timeline</h2>
              <div class="panel-body" tabindex="0" role="group" aria-labelledby="h-history">
                ${feed(found.events, {within: plan.code})}${found.more ? older(() => earlier("plan"), found.events) : null}
              </div>`
          : taskHistory(told, now.task, plan, () => earlier("task"), error)
      }
    </section>
    ${graph(found, tasks, now)}
  </div>`;
}

const shownOf = (kept, tasks) =>
  kept.length === tasks.length ? count(tasks.length) : `${count(kept.length)} of ${count(tasks.length)}`;

function older(f, events) {
  if (events.length >= 500) return html`<p class="meta">Older events are on the page of all progress.</p>`;
  return html`<p class="older"><button type="button" ${{onclick: f}}>Show older</button></p>`;
}

function head({plan, tasks, needs, needed}) {
  return html`<section class="panel span-12 plan-head" aria-labelledby="h-plan">
    <div class="plan-main">
      <p class="crumb"><a href="/workstreams">Workstreams</a> <span aria-hidden="true">/</span> <span class="code">${plain(plan.code)}</span></p>
      <h1 id="h-plan"><bdi>${plain(plan.title)}</bdi></h1>
      <p class="meta">${planChips(plan)}${plan.labels.map((label) => html`<span class="tag">${plain(label)}</span>`)}</p>
      ${planProgress(plan, tasks)} ${planFacts(plan, {isWhole: true})}
    </div>
    <div class="plan-text" tabindex="0" role="group" aria-label="Description and dependencies">
      ${plan.description ? prose(plan.description) : html`<p class="quiet">No description.</p>`}
      ${
        needs.length
          ? html.fragment`<h3>Waits for</h3>
              ${around(needs, "workplan", ({code}) => to.workplan(code))}`
          : null
      }
      ${
        needed.length
          ? html.fragment`<h3>Is needed by</h3>
              ${around(needed, "workplan", ({code}) => to.workplan(code))}`
          : null
      }
    </div>
  </section>`;
}

function taskHistory(told, code, plan, earlier, error) {
  const all = html`<a href=${to.workplan(plan.code)} class="back">the workplan’s timeline</a>`;
  if (told === null || told.task === null) {
    return html.fragment`<div class="panel-head"><h2 id="h-history">${plain(code)}</h2>${all}</div>
      <div class="panel-body">
        ${
          told
            ? empty(
                "This workplan has no such task",
                html`<a href=${`/search?q=${encodeURIComponent(plain(code))}`}>Search for it</a>.`,
              )
            : error
              ? failed(error)
              : waiting(5)
        }
      </div>`;
  }
  const {task, why, needs, needed, events, more} = told;
  const isOver = ["done", "cancel"].includes(task.status);
  return html.fragment`<div class="panel-head"><h2 id="h-history" class="code">${plain(task.code)}</h2>${all}</div>
    <div class="panel-body" tabindex="0" role="group" aria-labelledby="h-history">
      <h3 class="task-title"><bdi>${plain(task.title)}</bdi></h3>
      <p class="meta">
        ${chip("task", task.status)}${why.ready ? chip("mark", "ready") : null}${priority(task.priority)}
        ${task.assignee ? html`<span>for <bdi>${plain(task.assignee)}</bdi></span>` : null}
        ${task.due_at ? html`<span class="row-when">${ticking(task.due_at, isOver ? "ago" : "due")}</span>` : null}
        ${task.labels.map((label) => html`<span class="tag">${plain(label)}</span>`)}
      </p>
      ${
        why.claim
          ? html`<p class="claim">
              Held by ${author(why.claim.claimed_by, "agent")} since ${ticking(why.claim.claimed_at)},
              ${isPast(why.claim.lease_expires_at) ? chip("mark", "expired") : null}
              <span class="row-when">${ticking(why.claim.lease_expires_at, "lease")}</span>
            </p>`
          : null
      }
      ${task.description ? prose(task.description) : null}
      ${
        isOver || why.why.length === 0
          ? null
          : html.fragment`<h3>${why.ready ? "Why it is ready" : "Why it is not ready"}</h3>
              <ul class="why">
                ${why.why.map((line) => html`<li><bdi>${plain(line)}</bdi></li>`)}
              </ul>`
      }
      ${needs.length ? html.fragment`<h3>Waits for</h3>${around(needs, "task", linkTo(plan), plan.code)}` : null}
      ${needed.length ? html.fragment`<h3>Is needed by</h3>${around(needed, "task", linkTo(plan), plan.code)}` : null}
      <h3>History</h3>
      ${feed(events, {within: plan.code})}${more ? older(earlier, events) : null}
    </div>`;
}

// rows of dependencies name no workplan; a code that begins with this plan's is this plan's
const linkTo =
  (plan) =>
  ({code}) =>
    to.task(code, code.startsWith(`${plan.code}-`) ? plan.code : code.replace(/-T\d+$/i, ""));

function graph(found, tasks, now) {
  const whole = graphOf(tasks, found.outside);
  const isOpen = now.graph === "open" || (now.graph === null && whole.nodes.length > MANY);
  const shown = isOpen ? graphOf(tasks, found.outside, {isOpen}) : whole;
  const {done, cancel} = tally(whole.nodes);
  const query = (graph) =>
    `/workplan?${new URLSearchParams({code: found.plan.code, ...(now.task ? {task: now.task} : {}), graph})}`;
  return html`<section class="panel span-12 h-graph" aria-labelledby="h-graph">
    <div class="panel-head">
      <h2 id="h-graph">What waits for what</h2>
      <p class="graph-notes">
        ${shown.free ? html`<span>${count(shown.free)} ${shown.free === 1 ? "task depends" : "tasks depend"} on nothing</span>` : null}
        ${done + cancel > 0 ? html`<a href=${query(isOpen ? "all" : "open")}>${isOpen ? `show ${count(shown.hidden)} done ones` : "hide what is done"}</a>` : null}
      </p>
    </div>
    <div class="panel-body graph-body" tabindex="0" role="group" aria-labelledby="h-graph">
      ${
        shown.nodes.length
          ? planGraph(shown, found.plan.code, now.task)
          : whole.nodes.length
            ? empty("Nothing waits any more", "What these tasks depended on is done.", {calm: true})
            : empty("No task waits for another one", "A dependency between tasks is drawn here, from left to right.", {
                calm: true,
              })
      }
    </div>
  </section>`;
}
