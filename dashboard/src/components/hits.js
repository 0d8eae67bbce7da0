// Search: what the page asks, and the hits with the places that matched.
import {html} from "htl";
import {api, rows} from "./api.js";
import {chip} from "./chip.js";
import {count} from "./cards.js";
import {to} from "./links.js";
import {empty} from "./states.js";
import {plain} from "./text.js";
import {ticking} from "./time.js";
import {STATUS} from "./words.js";

export const FILTERS = {q: null, kind: null, status: [], repo: null};
export const PAGE = 40;
export const KINDS = [
  ["task", "tasks"],
  ["workplan", "workplans"],
  ["decision", "decisions"],
  ["repo", "repositories"],
  ["topic", "topics"],
  ["progress", "events"],
];

/** The statuses that the filter offers: those of the kind. */
export const statuses = (kind) => Object.keys((kind && kind !== "mark" && STATUS[kind]) || {});

/** What a state of the address asks, `most` of it: {hits, complete}, null for nothing. */
export function asked({q, kind, status, repo}, most) {
  const words = (q ?? "").trim();
  if (words) return ({signal}) => found({q: words.slice(0, 500), kind, status, repo}, most, signal);
  if (kind) return ({signal}) => listed({kind, status, repo}, most, signal);
  return async () => null;
}

async function found(params, most, signal) {
  const hits = [];
  let cursor = null;
  do {
    const page = await api("/state/search", {
      params: {...params, limit: Math.min(100, most - hits.length), cursor},
      signal,
    });
    hits.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null && hits.length < most);
  return {hits, complete: cursor === null};
}

const PATHS = {
  task: "/tasks",
  workplan: "/workplans",
  decision: "/decisions",
  repo: "/repos",
  topic: "/topics",
  progress: "/progress",
};

/** Without a word to look for: the rows of a kind, the newest change first. */
async function listed({kind, status, repo}, most, signal) {
  const params = kind === "progress" ? {repo} : {status, sort: "-updated_at"};
  if (kind === "repo") params.slug = repo;
  else if (kind !== "topic") params.repo = repo;
  const {items, complete} = await rows(PATHS[kind] ?? "/tasks", {params, signal, most});
  return {hits: items.map((row) => hitOf(kind, row)), complete};
}

/** A row as a hit of a search has it. */
export function hitOf(kind, row) {
  const name = row.code ?? row.slug ?? String(row.id);
  const repo = kind === "repo" ? null : (row.repo ?? null);
  const text = row.waiting_on || row.rationale || row.context || row.description || "";
  return {
    kind,
    name,
    title: row.title ?? row.name ?? row.summary,
    status: row.status ?? null,
    repo,
    workplan: row.workplan ?? null,
    at: row.updated_at ?? row.occurred_at,
    highlight: text ? {field: "", parts: [text]} : null,
  };
}

/** Where a hit is shown. */
export function hrefOf({kind, name, workplan, repo}) {
  if (kind === "task") return to.task(name, workplan);
  if (kind === "workplan") return to.workplan(name);
  if (kind === "decision") return to.decision(name);
  if (kind === "repo") return to.repo(name);
  if (kind === "topic") return to.topic(name);
  return workplan ? to.workplan(workplan) : to.progress({repo});
}

/** Parts by turns not matched and matched, as nodes. */
export function marked(parts) {
  return parts.map((part, i) => (i % 2 ? html`<mark>${plain(part)}</mark>` : plain(part)));
}

const WORDS = {
  task: "task",
  workplan: "workplan",
  decision: "decision",
  repo: "repository",
  topic: "topic",
  progress: "event",
};

/** Whether the place that matched is the title itself, which then need not be told twice. */
export function isOfTitle({title, highlight}) {
  return highlight != null && plain(highlight.parts.join("")) === plain(title);
}

function hit(one) {
  const {kind, name, title, status, repo, workplan, at, highlight} = one;
  const inTitle = isOfTitle(one);
  return html`<li class="hit" data-key=${`${kind}-${name}`}>
    <p class="row">
      <a class="row-title" href=${hrefOf(one)}><bdi>${inTitle ? marked(highlight.parts) : plain(title)}</bdi></a
      ><span class="row-when">${ticking(at)}</span>
    </p>
    ${highlight?.parts?.length && !inTitle ? html`<p class="hit-text"><bdi>${marked(highlight.parts)}</bdi></p>` : null}
    <p class="meta">
      <span class="tag">${WORDS[kind] ?? plain(kind)}</span>${status ? chip(kind, status) : null}
      ${kind === "progress" ? null : html`<span class="code">${plain(name)}</span>`}
      ${workplan && kind !== "workplan" && kind !== "task" ? html`<a class="code" href=${to.workplan(workplan)}>${plain(workplan)}</a>` : null}
      ${repo ? html`<a href=${to.repo(repo)}>${plain(repo)}</a>` : null}
    </p>
  </li>`;
}

/** The hits of asked(). Arrow keys go from one to the next. */
export function hitList(value, state, more) {
  if (value === null) {
    return empty(
      "What do you look for?",
      "Words, a phrase in quotes, a code, -without. Or choose a kind to list its rows.",
    );
  }
  if (value.hits.length === 0) {
    return empty(
      "Nothing is like that",
      state.get().q ? "All words are needed; fewer find more." : "Take a filter away to see more.",
    );
  }
  return html`<div>
    <p class="hits-sum" role="status">${value.complete ? "" : "the first "}${count(value.hits.length)} ${value.hits.length === 1 ? "row" : "rows"}</p>
    <ol class="hits" ${{onkeydown: step}}>
      ${value.hits.map(hit)}
    </ol>
    ${value.complete ? null : html`<p class="more"><button type="button" class="button" ${{onclick: more}}>Show more</button></p>`}
  </div>`;
}

/** Arrow down and up: the link of the next hit. */
function step(event) {
  const turn = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (!turn || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll("a.row-title")];
  const at = links.indexOf(document.activeElement);
  const next = links[at + turn];
  if (!next) return;
  next.focus();
  event.preventDefault();
}
