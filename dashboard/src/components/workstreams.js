// The Workstreams page: filters, the table, and the one that is selected. The address says what is shown.
import {html} from "htl";
import {bar} from "./bar.js";
import {count} from "./cards.js";
import {chip} from "./chip.js";
import {feed} from "./feed.js";
import {filters} from "./filters.js";
import {follow} from "./live.js";
import {to} from "./links.js";
import {morph} from "./morph.js";
import {board, planDocuments} from "./plan.js";
import {planChips, planFacts, planProgress, priority, taskList} from "./planParts.js";
import {
  CHOICES,
  FIRST,
  STATE,
  counted,
  isWhole,
  listing,
  marks,
  meaningOf,
  more,
  offers,
  orderOf,
  sortOf,
} from "./plans.js";
import {empty, failed, waiting} from "./states.js";
import {table} from "./table.js";
import {plain} from "./text.js";
import {ticking} from "./time.js";
import {urlState} from "./url.js";
import {STATUS} from "./words.js";

const FOLLOW_MS = 120; // a key that is held down passes many rows
const FIELDS = [
  {name: "q", label: "Text", type: "text"},
  {name: "repo", label: "Repository", type: "one"},
  {name: "topic", label: "Topic", type: "one"},
  {name: "domain", label: "Domain", type: "one"},
  {name: "owner", label: "Owner", type: "any"},
  {name: "status", label: "Status", type: "some", kind: "workplan", choices: Object.keys(STATUS.workplan)},
];

const COLUMNS = [
  {
    name: "code",
    label: "Workplan",
    sort: true,
    value: (plan) =>
      html.fragment`<span class="cell-title" title=${plain(plan.title)}><bdi>${plain(plan.title)}</bdi></span
        ><span class="cell-under"><span class="code">${plain(plan.code)}</span>${marks(plan).map((mark) =>
          chip("mark", mark, {label: mark}),
        )}</span>`,
  },
  {
    name: "status",
    label: "Status",
    width: "8rem",
    value: ({status}) => chip("workplan", status),
  },
  {
    name: "tasks",
    label: "Tasks",
    width: "8.5rem",
    value: ({tasks: {done, total}}) =>
      html`<span class="cell-bar">${bar({done}, total)}<span>${total ? `${count(done)} / ${count(total)}` : "none"}</span></span>`,
  },
  {name: "repo", label: "Repository", width: "10rem", hide: "narrow", value: ({repo}) => plain(repo)},
  {name: "topic", label: "Topic", width: "8rem", hide: "narrow", value: ({topic}) => plain(topic)},
  {name: "owner", label: "Owner", width: "7rem", hide: "narrow", value: ({owner}) => html`<bdi>${plain(owner)}</bdi>`},
  {
    name: "due_at",
    label: "Due",
    width: "7.5rem",
    sort: true,
    hide: "narrow",
    value: (plan) =>
      html`<span class=${marks(plan).includes("overdue") ? "row-when" : "cell-when"}>${ticking(plan.due_at, marks(plan).includes("overdue") ? "due" : "ago")}</span>`,
  },
  {
    name: "priority",
    label: "Prio",
    width: "4rem",
    sort: true,
    hide: "narrow",
    value: (plan) => priority(plan.priority),
  },
  {
    name: "updated_at",
    label: "Changed",
    width: "7rem",
    sort: true,
    hide: "narrow",
    value: ({updated_at}) => html`<span class="cell-when">${ticking(updated_at)}</span>`,
  },
];

/** The element of the page; `baked` is the document of the loader. */
export function workstreams(baked) {
  const state = urlState(STATE);
  const asked = (now) => JSON.stringify([now.q, now.repo, now.domain, now.topic, now.owner, now.status, now.sort]);
  const owners = new Set();
  let most = FIRST;
  let shown = asked(state.get());
  let isRevealed = false; // what a link had selected was scrolled to
  let isFresh = false; // the next rows are those of other filters
  let timer;

  const isBaked = shown === asked(STATE);
  const given = isBaked && baked?.documents ? {at: baked.at, documents: baked.documents.plans} : null;
  const list = follow(listing(state.get(), most), {baked: given});
  const around = follow(CHOICES, {baked, sections: ["core"]});
  const detail = follow(planDocuments(state.get().plan), {every: 30_000});

  const form = filters(FIELDS, state, {label: "Filter workplans"});
  const grid = table(COLUMNS, {
    key: ({code}) => code,
    label: "Workplans",
    rowHeight: 52,
    selected: state.get().plan,
    sort: orderOf(state.get().sort),
    meaning: meaningOf,
    onSelect({code}) {
      if (code === state.get().plan) return heading()?.focus();
      state.set({plan: code}, {push: true});
      if (matchMedia("(max-width: 999px)").matches) aside.scrollIntoView({block: "start"});
    },
    onMove({code}) {
      clearTimeout(timer);
      if (state.get().plan !== null) timer = setTimeout(() => state.set({plan: code}), FOLLOW_MS);
    },
    onClose: close,
    onSort: (sort) => state.set({sort: sortOf(sort)}, {push: true}),
    onMore() {
      if (!list.value || list.value.complete || list.value.cut || list.value.items.length < most) return;
      most = more(most);
      list.ask(listing(state.get(), most));
    },
    empty: () => (list.error && !list.value ? failed(list.error) : list.value ? nothing(state.get()) : waiting(6)),
  });
  const counter = html`<p class="counter" role="status"></p>`;
  const aside = html`<section class="panel detail" aria-label="Selected workplan" ${{onkeydown: escape}}></section>`;
  const split = html`<div class="split">${grid}${aside}</div>`;

  function close() {
    clearTimeout(timer);
    if (state.get().plan === null) return;
    state.set({plan: null}, {push: true});
    grid.focus();
  }
  function escape(event) {
    if (event.key === "Escape") close();
  }
  const heading = () => aside.querySelector("h2 a");

  function drawList() {
    const now = state.get();
    const found = list.value;
    if (found) for (const {owner} of found.items) if (owner) owners.add(owner);
    grid.update(found?.items ?? [], {sort: orderOf(now.sort), selected: now.plan, top: isFresh});
    isFresh = false;
    if (found && !isRevealed) {
      isRevealed = true;
      grid.reveal(now.plan);
    }
    const refused = list.error && !list.error.passing ? plain(list.error.message) : null;
    counter.textContent = refused ?? (found ? counted(found, count) : "");
    offer();
    drawDetail();
  }
  function offer() {
    if (around.value) form.update(offers(around.value, owners));
  }
  function drawDetail() {
    const code = state.get().plan;
    split.dataset.open = String(code !== null);
    if (code === null) return void aside.replaceChildren();
    const found = detail.value?.code === code ? detail.value : null;
    const row = found ? found.plan : list.value?.items.find((one) => one.code === code);
    morph(aside, selected(code, row, found, detail, close));
  }

  state.onChange((now) => {
    const next = asked(now);
    if (next !== shown) {
      shown = next;
      most = FIRST;
      isFresh = true;
      list.ask(listing(now, most));
    }
    grid.select(now.plan);
    if (detail.asked !== now.plan) {
      detail.asked = now.plan;
      detail.ask(planDocuments(now.plan));
    }
    drawDetail();
  });
  detail.asked = state.get().plan;
  list.watch(drawList);
  around.watch(offer);
  detail.watch(drawDetail);
  drawDetail();
  return html`<div class="plans-page">
    <div class="plans-bar">${form}${counter}</div>
    ${split}
  </div>`;
}

function nothing(now) {
  return isWhole(now) && now.status.length === 0
    ? empty("There is no workplan yet", "A workplan is a goal in one repository, with tasks. Begin one:", {
        command: 'custodian workplan add "Measure it" --repo my-repo',
      })
    : empty(
        "No workplan fits these filters",
        now.q
          ? html`Text is looked for by whole words, and the beginning of the last one.
              <a href=${`/search?q=${encodeURIComponent(now.q)}`}>Search everything</a>`
          : "Take a filter back, or clear them all.",
      );
}

/** The panel of a plan: `row` is what the table knows of it, `found` the documents, null before they are there. */
function selected(code, row, found, source, close) {
  const top = html`<div class="detail-head">
    <div class="detail-top">
      <h2>${row ? html`<a href=${to.workplan(row.code)}><bdi>${plain(row.title)}</bdi></a>` : plain(code)}</h2>
      <button type="button" class="close" ${{onclick: close}} aria-label="Close" title="Close (Esc)">×</button>
    </div>
    ${
      row
        ? html`<p class="meta"><span class="code">${plain(row.code)}</span>${planChips(row)}</p>
            ${planFacts(row)}${planProgress(row, found?.tasks)}`
        : null
    }
  </div>`;
  if (found === null && source.error && source.value === undefined) {
    return html`<div class="detail-all">${top}<div class="detail-body">${failed(source.error)}</div></div>`;
  }
  if (found?.plan === null)
    return html`<div class="detail-all">${top}<div class="detail-body">${unknown(code)}</div></div>`;
  // what stands below a head of unknown height would move when it is known
  if (!row) return html`<div class="detail-all">${top}</div>`;
  const tasks = found && board(found);
  return html`<div class="detail-all">
    ${top}
    <h3>
      Tasks <span class="count">${tasks ? count(tasks.length) : ""}</span> <a href=${to.workplan(code)}>the whole workplan →</a>
    </h3>
    <div class="detail-body detail-tasks" tabindex="0" role="group" aria-label="Tasks">
      ${tasks ? taskList(tasks, row.code) : waiting(4)}${found?.complete === false ? html`<p class="meta">There are more: these are the first.</p>` : null}
    </div>
    <h3>Timeline ${row ? html`<a href=${to.progress({repo: row.repo})}>all of ${plain(row.repo)} →</a>` : null}</h3>
    <div class="detail-body detail-feed" tabindex="0" role="group" aria-label="Timeline">${found ? feed(found.events, {within: row.code}) : waiting(3)}</div>
  </div>`;
}

/** Nobody has that code. */
export function unknown(code) {
  return empty(
    "There is no such workplan",
    html`The hub has none with the code <b><bdi>${plain(code)}</bdi></b
      >. <a href=${`/search?q=${encodeURIComponent(plain(code))}`}>Search for it</a>, or see
      <a href="/workstreams">all workplans</a>.`,
  );
}
