// Days of a chart: their names, and what is counted on them. Pure.
const DAY = new Intl.DateTimeFormat(undefined, {day: "numeric", month: "short", timeZone: "UTC"});
export const dayName = (day) => DAY.format(new Date(`${day}T00:00:00Z`));

/** Some of the days of an axis, so that their names have room; the last one is among them. */
export function someOf(days, width, each = 62) {
  const step = Math.max(1, Math.ceil(days.length / Math.max(1, Math.floor(width / each))));
  return days.filter((_, i) => (days.length - 1 - i) % step === 0);
}

/** What is told apart: by kind of author; of the event types, families that have a meaning in common. */
export const SPLITS = {
  author_kind: [
    ["agent", "agents", "work", ["agent"]],
    ["human", "people", "ask", ["human"]],
    ["system", "system", "gone", ["system"]],
  ],
  event_type: [
    ["note", "notes", "free", ["note"]],
    ["milestone", "milestones", "done", ["milestone"]],
    ["decision", "decisions", "ask", ["decision"]],
    ["claim", "claims", "work", ["claim", "release", "takeover"]],
    ["status", "status", "wait", ["status"]],
    ["change", "changes", "gone", ["created", "changed", "registration", "import", "sync"]],
  ],
};

/** [{day, key, n}] of a /progress/volume, the parts in the order of SPLITS; a type that is newer than this page is a change. */
export function parts({by, items}) {
  const families = SPLITS[by];
  const family = new Map(families.flatMap(([key, , , types]) => types.map((type) => [type, key])));
  const last = families.at(-1)[0];
  return items.flatMap(({day, counts}) => {
    const sums = new Map();
    for (const [type, n] of Object.entries(counts)) {
      const key = family.get(type) ?? last;
      sums.set(key, (sums.get(key) ?? 0) + n);
    }
    return families.filter(([key]) => sums.has(key)).map(([key]) => ({day, key, n: sums.get(key)}));
  });
}
