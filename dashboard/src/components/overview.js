// What the Overview asks, and what it makes of the answers. Pure but for NOW and ASKED.
import {rows} from "./api.js";
import {isPast, isWithin} from "./time.js";

const OPEN = ["proposed", "ready", "active", "blocked", "backlog"];
const PLAN = "code,title,repo,status,owner,due_at,tasks,finishable";
const MOST = 10_000; // a repository's numbers are wrong beyond
const TASK = "code,title,workplan,repo,assignee";

const all =
  (path, params) =>
  ({signal}) =>
    rows(path, {params, signal, most: MOST});

/** What is there at one glance, and shown before the rest. The names are those that src/data/overview.json.py gives them. */
export const NOW = {
  summary: "/state/summary",
  claims: "/tasks/claims?limit=500",
  ready: "/tasks/ready?limit=20",
};

/** What the repositories, and what asks for a person, are made of: every open plan, page after page. */
export const ASKED = {
  summary: "/state/summary",
  repos: all("/repos", {status: "active", sort: "slug", fields: "slug,name,domain"}),
  plans: all("/workplans", {status: OPEN, fields: PLAN}),
  working: all("/tasks", {status: "progress", fields: TASK}),
  waiting: all("/tasks", {status: "wait", fields: TASK}),
  claims: "/tasks/claims?limit=500",
};

/** What asks for a person, most urgent first: escalated decisions, overdue decisions, overdue plans. */
export function attention({summary, plans}, at) {
  const decisions = summary.blocking_decisions;
  const escalated = decisions.filter(({status}) => status === "escalated");
  const overdue = decisions.filter(({status, due_at}) => status !== "escalated" && isPast(due_at, at));
  const late = plans.items.filter(({due_at}) => isPast(due_at, at));
  const byDue = (a, b) => Date.parse(a.due_at) - Date.parse(b.due_at);
  return [
    ...escalated.map((row) => ({kind: "decision", why: "escalated", row})),
    ...overdue.sort(byDue).map((row) => ({kind: "decision", why: "overdue", row})),
    ...late.sort(byDue).map((row) => ({kind: "workplan", why: "overdue", row})),
  ];
}

/** Pending decisions that are due within so many days, the overdue ones first, as they are by date. */
export function dueDecisions({summary}, days, at) {
  return summary.blocking_decisions
    .filter(({due_at}) => isWithin(due_at, days, at))
    .sort((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at));
}

/** The repository of a decision's workplan: by its plan, else by what the code begins with; null for none. */
function repoOf(decision, planRepos, slugs) {
  if (!decision.workplan) return null;
  const known = planRepos.get(decision.workplan);
  if (known) return known;
  const prefix = decision.workplan.replace(/-WP-\d+$/i, "").toLowerCase();
  return slugs.has(prefix) ? prefix : null;
}

/**
 * The repositories: {slug, name, domain, plans, blocked, late, finishable, done, working, waiting, total, claims, expired,
 * decisions, escalated}; those with something open first, each by slug. Tasks are those of open workplans.
 */
export function repoStates({summary, repos, plans, working, waiting, claims}, at) {
  const states = new Map();
  for (const {slug, name, domain} of repos.items) {
    states.set(slug, {
      slug, name, domain, plans: 0, blocked: 0, late: 0, finishable: 0, done: 0, working: 0, waiting: 0, total: 0,
      claims: 0, expired: 0, decisions: 0, escalated: 0,
    }); // prettier-ignore
  }
  const add = (slug, name, n = 1) => {
    const state = states.get(slug);
    if (state) state[name] += n;
  };
  const planRepos = new Map();
  for (const plan of plans.items) {
    planRepos.set(plan.code, plan.repo);
    add(plan.repo, "plans");
    add(plan.repo, "done", plan.tasks.done);
    add(plan.repo, "total", plan.tasks.total);
    if (plan.status === "blocked") add(plan.repo, "blocked");
    if (plan.finishable) add(plan.repo, "finishable");
    if (isPast(plan.due_at, at)) add(plan.repo, "late");
  }
  for (const task of working.items) if (planRepos.has(task.workplan)) add(task.repo, "working");
  for (const task of waiting.items) if (planRepos.has(task.workplan)) add(task.repo, "waiting");
  for (const claim of claims.items) add(claim.repo, isPast(claim.lease_expires_at, at) ? "expired" : "claims");
  for (const decision of summary.blocking_decisions) {
    const slug = repoOf(decision, planRepos, states);
    add(slug, "decisions");
    if (decision.status === "escalated") add(slug, "escalated");
  }
  const isBusy = (state) => state.plans + state.claims + state.expired + state.decisions > 0;
  return [...states.values()].sort((a, b) => isBusy(b) - isBusy(a) || a.slug.localeCompare(b.slug));
}
