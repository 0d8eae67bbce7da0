// One workplan with its tasks: what is asked, who waits for what, who holds what. Pure but for what has a signal.
import {api, rows} from "./api.js";
import {isCode} from "./plans.js";

export const EVENTS = 40;
const MOST = 2000;
const TASK = "code,title,workplan,repo,parent,status,priority,assignee,waiting_on,due_at,position,depends_on";
const OUTSIDE = "code,title,workplan,status";
const ENDED = ["done", "cancel"];

/**
 * The documents of a plan: {code, plan, tasks, complete, claims, outside, needs, needed, events, more}; plan is null for a code
 * that nobody has, and all is null for null. `outside` are the tasks of other plans that its tasks wait for.
 */
export const planDocuments =
  (code, {events = EVENTS} = {}) =>
  async ({signal}) => {
    if (code === null) return null;
    const found = isCode(code) ? await api("/workplans", {params: {code, limit: 1}, signal}) : {items: []};
    const [plan = null] = found.items;
    if (plan === null) return {code, plan};
    const name = encodeURIComponent(plan.code);
    const [tasks, claims, around, told] = await Promise.all([
      rows("/tasks", {params: {workplan: plan.code, fields: TASK}, signal, most: MOST}),
      api("/tasks/claims", {params: {repo: plan.repo, limit: 500}, signal}),
      api(`/workplans/${name}/dependencies`, {signal}),
      api("/progress", {params: {workplan: plan.code, limit: events}, signal}),
    ]);
    return {
      code,
      plan,
      tasks: tasks.items,
      complete: tasks.complete,
      claims: claims.items,
      outside: await outsideOf(tasks.items, signal),
      needs: around.items,
      needed: around.dependents,
      events: told.items,
      more: told.next_cursor !== null,
    };
  };

async function outsideOf(tasks, signal) {
  const inside = new Set(tasks.map(({code}) => code));
  const wanted = [...new Set(tasks.flatMap(({depends_on}) => depends_on))].filter((code) => !inside.has(code));
  const found = [];
  for (let i = 0; i < wanted.length; i += 100) {
    const params = {code: wanted.slice(i, i + 100), fields: OUTSIDE};
    found.push(...(await rows("/tasks", {params, signal, most: 100})).items);
  }
  return found;
}

/**
 * The documents of one task: {code, task, why, needs, needed, events, more}; task is null where the plan has none of that code.
 */
export const taskDocuments =
  (code, plan, {events = EVENTS} = {}) =>
  async ({signal}) => {
    if (code === null || plan === null) return null;
    const asked = isCode(code) && isCode(plan);
    const found = asked ? await api("/tasks", {params: {code, workplan: plan, limit: 1}, signal}) : {items: []};
    const [task = null] = found.items;
    if (task === null) return {code, task};
    const name = encodeURIComponent(task.code);
    const [why, around, told] = await Promise.all([
      api(`/tasks/${name}/why`, {signal}),
      api(`/tasks/${name}/dependencies`, {signal}),
      api("/progress", {params: {task: task.code, limit: events}, signal}),
    ]);
    return {
      code,
      task,
      why,
      needs: around.items,
      needed: around.dependents,
      events: told.items,
      more: told.next_cursor !== null,
    };
  };

const collator = new Intl.Collator("en", {numeric: true, sensitivity: "base"});

/**
 * The tasks in their order, what is over last; each with `claim` (or null), `needs` (what it depends on, as {code, title, status, workplan}, status
 * null for what is not known), `open` (those of them that it waits for), `after` (codes of the plan's tasks that wait for it)
 * and `isHeld` (open dependencies hold it back).
 */
export function board({tasks, claims, outside}) {
  const known = new Map([...outside, ...tasks].map((task) => [task.code, task]));
  const held = new Map(claims.map((claim) => [claim.task, claim]));
  const after = new Map();
  for (const {code, depends_on} of tasks) {
    for (const one of depends_on) after.set(one, [...(after.get(one) ?? []), code]);
  }
  const isOver = ({status}) => ENDED.includes(status);
  const sorted = [...tasks].sort(
    (a, b) => isOver(a) - isOver(b) || a.position - b.position || collator.compare(a.code, b.code),
  );
  return sorted.map((task) => {
    const needs = task.depends_on.map((code) => known.get(code) ?? {code, title: code, status: null, workplan: null});
    const open = ENDED.includes(task.status) ? [] : needs.filter(({status}) => !ENDED.includes(status));
    return {
      ...task,
      claim: held.get(task.code) ?? null,
      needs,
      open,
      after: after.get(task.code) ?? [],
      isHeld: open.length > 0,
    };
  });
}

/** How many tasks of each status, in the order in which a bar draws them. */
export function tally(tasks) {
  const counts = {done: 0, progress: 0, wait: 0, todo: 0, cancel: 0};
  for (const {status} of tasks) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The graph of a board: {nodes, edges, free, hidden}. `free` tasks have no dependency either way, and are not drawn; `isOpen`
 *  leaves out what is done or cancelled, which is `hidden`. Edges are [what is needed, what needs it]. */
export function graphOf(tasks, outside, {isOpen = false} = {}) {
  const bound = tasks.filter(({needs, after}) => needs.length + after.length > 0);
  const all = [...bound, ...outside.map((task) => ({...task, isOutside: true}))];
  const nodes = isOpen ? all.filter(({status}) => !ENDED.includes(status)) : all;
  const shown = new Set(nodes.map(({code}) => code));
  const edges = bound.flatMap(({code, depends_on}) => depends_on.map((one) => [one, code]));
  return {
    nodes,
    edges: edges.filter(([from, to]) => shown.has(from) && shown.has(to)),
    free: tasks.length - bound.length,
    hidden: all.length - nodes.length,
  };
}
