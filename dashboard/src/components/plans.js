// Workplans as the Workstreams page asks for them, and what it makes of one. Pure but for what has a signal.
import {api, rows} from "./api.js";
import {isPast} from "./time.js";
import {STATUS} from "./words.js";

export const FIRST = 100; // rows that a page begins with
const HITS = 100; // the most that a search gives
const FIELDS = "code,title,repo,topic,domain,owner,status,priority,due_at,tasks,finishable,updated_at";
const ORDERS = ["code", "priority", "due_at", "updated_at"];
const FORM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/;

/** What stands in the address of /workstreams. */
export const STATE = {
  q: null,
  repo: null,
  domain: null,
  topic: null,
  owner: null,
  status: [],
  sort: "-updated_at",
  plan: null,
};

/** Whether this may be a code at all: nothing else is asked for. */
export const isCode = (text) => typeof text === "string" && FORM.test(text);

/** The order as the table knows it: {by, down}; that of the default for one that is none. */
export function orderOf(sort) {
  const by = sort?.replace(/^-/, "");
  return ORDERS.includes(by) ? {by, down: sort.startsWith("-")} : orderOf(STATE.sort);
}

/** The order as the address knows it. */
export const sortOf = ({by, down}) => (down ? `-${by}` : by);

/** The parameters of /workplans for a state of the address. */
export function params({repo, domain, topic, owner, status, sort}) {
  const known = status.filter((one) => one in STATUS.workplan);
  return {repo, domain, topic, owner, status: known, sort: sortOf(orderOf(sort)), fields: FIELDS};
}

/** Everything but order, selection and status is as by default, so that the totals of the hub count the same rows. */
export const isWhole = ({q, repo, domain, topic, owner}) => ![q, repo, domain, topic, owner].some(Boolean);

/**
 * What is shown for a state: {items, complete, cut, total}. Text is looked for by the hub's search, which ranks at most 100
 * plans; `cut` tells that there were more. `total` is how many there are, null where nobody counts them.
 */
export const listing =
  (state, most = FIRST) =>
  async ({signal}) => {
    if (state.q?.trim()) return searched(state, signal);
    const [found, summary] = await Promise.all([
      rows("/workplans", {params: params(state), signal, most}),
      isWhole(state) ? api("/state/summary", {signal}) : null,
    ]);
    if (found.complete) return {...found, cut: false, total: found.items.length};
    const total = summary && totalOf(summary.totals.workstreams, params(state).status);
    return {...found, cut: false, total};
  };

async function searched(state, signal) {
  const asked = {
    q: state.q.slice(0, 500),
    kind: "workplan",
    repo: state.repo,
    status: params(state).status,
    limit: HITS,
  };
  const hits = await api("/state/search", {params: asked, signal});
  const code = hits.items.map(({name}) => name);
  const found = code.length
    ? await rows("/workplans", {params: {...params(state), code}, signal, most: HITS})
    : {items: [], complete: true};
  return {...found, cut: hits.next_cursor !== null, total: found.items.length};
}

/** The sum of the totals, {status: n, total}, over these statuses; over all for none. */
export function totalOf(totals, statuses) {
  return statuses.length ? statuses.reduce((sum, status) => sum + (totals[status] ?? 0), 0) : totals.total;
}

/** How many to ask for next: twice as many, so that what is read again stays in proportion to what is shown. */
export const more = (most) => most * 2;

/** The count above the table, in words. `n` writes a number. */
export function counted({items, complete, cut, total}, n = String) {
  const rows = `${n(items.length)} ${items.length === 1 ? "workplan" : "workplans"}`;
  if (cut) return `${rows} of the best ${HITS} matches`;
  if (complete) return rows;
  return total === null ? `the first ${rows}` : `the first ${n(items.length)} of ${n(total)} workplans`;
}

const CLOSED = ["finished", "archived"];

/** What sets a plan off: overdue, finishable; a status does so by its own chip. */
export function marks({status, due_at, finishable}, at) {
  const found = [];
  if (!CLOSED.includes(status) && isPast(due_at, at)) found.push("overdue");
  if (!CLOSED.includes(status) && finishable) found.push("finishable");
  return found;
}

/** The meaning that a row is set off with, the most pressing first; null for a plain one. */
export function meaningOf(plan, at) {
  const found = marks(plan, at);
  if (found.includes("overdue")) return "late";
  if (plan.status === "blocked") return "wait";
  return found.includes("finishable") ? "done" : null;
}

/** What the filters offer, of the lists of the hub and of the owners that were seen. */
export function offers({domains, repos, topics}, owners) {
  return {
    domain: domains.items.map(({slug, name}) => [slug, name]),
    repo: repos.items.map(({slug}) => slug),
    topic: topics.items.map(({slug, title}) => [slug, title]),
    owner: [...owners].sort((a, b) => a.localeCompare(b)),
  };
}

const all =
  (path, wanted) =>
  ({signal}) =>
    rows(path, {params: wanted, signal});

/** The documents that the filters are made of, by the names that src/data/workstreams.json.py gives them. */
export const CHOICES = {
  domains: all("/domains", {fields: "slug,name"}),
  repos: all("/repos", {sort: "slug", fields: "slug"}),
  topics: all("/topics", {sort: "slug", fields: "slug,title"}),
};
