// The log: what the page asks of it, and how pages of it come together. Pure.
export const FILTERS = {
  author_kind: [],
  author: null,
  event_type: null,
  repo: null,
  since: null,
  until: null,
  by: "author_kind",
};
export const PAGE = 50;

/** The parameters of GET /progress for a state of the address; dates are days of whoever looks, both included. */
export function params({author_kind, author, event_type, repo, since, until}) {
  return {author_kind, author, event_type, repo, since: midnight(since, 0), until: midnight(until, 1)};
}

function midnight(day, later) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? "");
  if (!found) return null;
  return new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3]) + later).toISOString();
}

/** Those of `events` whose number is not among `known`, the newest first. */
export function newOnes(events, known) {
  return events.filter(({id}) => !known.has(id)).sort((a, b) => b.id - a.id);
}

const NAMED = new Intl.DateTimeFormat(undefined, {weekday: "long", day: "numeric", month: "long", year: "numeric"});

/** The day of an event where its reader is, as 2026-11-24. */
export function dayOf(iso) {
  const at = new Date(iso);
  const two = (n) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** "Today", "Yesterday", or the day's name. */
export function dayTitle(day, now = Date.now()) {
  if (day === dayOf(now)) return "Today";
  const before = new Date(now);
  before.setDate(before.getDate() - 1);
  if (day === dayOf(before)) return "Yesterday";
  return NAMED.format(new Date(`${day}T12:00:00`));
}
