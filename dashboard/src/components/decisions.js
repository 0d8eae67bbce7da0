// Decisions: what the page asks, their order, and what an answer is made of. Pure but for asked().
import {api, rows} from "./api.js";
import {isPast} from "./time.js";

export const PENDING = ["open", "escalated"];
export const MADE = ["resolved", "superseded"];
export const FILTERS = {status: [], topic: null, repo: null, code: null};
export const PAGE = 30;

/** Those of `all` that are asked for; all of them when none is. */
const among = (all, chosen) => (chosen.length ? all.filter((one) => chosen.includes(one)) : all);

const list = async (status, params, signal, most) =>
  status.length ? rows("/decisions", {params: {...params, status}, signal, most}) : {items: [], complete: true};

/** What the page asks for a state of its address; `most` made ones. */
export function asked({status, topic, repo, code}, most) {
  const params = {topic, repo};
  return {
    pending: ({signal}) => list(among(PENDING, status), {...params, sort: "due_at"}, signal, 2000),
    made: ({signal}) => list(among(MADE, status), {...params, sort: "-updated_at"}, signal, most),
    selected: ({signal}) => (code ? one(code, signal) : null),
  };
}

/** {row}, or {missing: code} where there is no such decision. */
async function one(code, signal) {
  try {
    return {row: await api(`/decisions/${encodeURIComponent(code)}`, {signal})};
  } catch (error) {
    if (error.status === 404) return {missing: code};
    throw error;
  }
}

/** Pending ones in the order in which they want an answer: escalated, overdue, by due date, and then the oldest. */
export function byUrgency(items, at) {
  const rank = ({status, due_at}) => (status === "escalated" ? 0 : isPast(due_at, at) ? 1 : due_at ? 2 : 3);
  const time = (iso) => (iso ? Date.parse(iso) : Infinity);
  return [...items].sort(
    (a, b) =>
      rank(a) - rank(b) || compare(time(a.due_at), time(b.due_at)) || compare(time(a.created_at), time(b.created_at)),
  );
}

const compare = (a, b) => (a === b ? 0 : a < b ? -1 : 1);

/** An option as text: options are texts, or objects of any form. */
export function optionText(option) {
  if (typeof option === "string") return option;
  if (option && typeof option === "object") {
    for (const name of ["title", "name", "label", "option", "text"]) {
      if (typeof option[name] === "string" && option[name].trim()) return option[name];
    }
  }
  return JSON.stringify(option);
}

/** The rationale of an answer: what was chosen, and why; or one's own words. "" when nothing is said. */
export function rationaleOf(choice, words) {
  const why = words.trim();
  if (!choice) return why;
  return why ? `${choice}: ${why}` : choice;
}

const TOLD = {title: "title", context: "context", options: "options", due_at: "due", status: "status", workplan: "workplan", topic: "topic"}; // prettier-ignore

/** What differs between two readings of a decision: [[word, now]]. */
export function changesOf(before, after) {
  const text = (value) => (Array.isArray(value) ? value.map(optionText).join(" · ") : (value ?? "none"));
  return Object.entries(TOLD)
    .filter(([name]) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map(([name, word]) => [word, text(after[name])]);
}
