// The vocabularies: each value with its label, its meaning (which is its colour) and its shape (for who sees no colour).
// tests compare the values with the vocabularies of the database.

/** Paths in a box of 12 by 12; stroked unless filled. */
export const SHAPES = {
  ring: {d: "M6 1.5a4.5 4.5 0 1 0 .001 0z"},
  dashed: {d: "M6 1.5a4.5 4.5 0 1 0 .001 0z", dash: "2.36 2.35"},
  half: {d: "M6 1.5a4.5 4.5 0 1 0 .001 0z", fill: "M6 1.5a4.5 4.5 0 0 1 0 9z"},
  pause: {d: "M4 2.2v7.6M8 2.2v7.6", wide: true},
  check: {d: "M2 6.4l2.8 2.9L10 3.2", wide: true},
  cross: {d: "M3 3l6 6M9 3l-6 6"},
  play: {fill: "M3 1.8l7 4.2-7 4.2z"},
  stop: {fill: "M2 2h8v8H2z"},
  stack: {d: "M2 3.5h8M2 6h8M2 8.5h8"},
  box: {d: "M1.8 2h8.4v2.6H1.8zM2.6 4.6v5.6h6.8V4.6M4.8 6.6h2.4"},
  question: {d: "M3.8 4.2a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M6 9.9v.4"},
  triangle: {d: "M6 1.4l5 9H1zM6 4.8v2.4M6 8.6v.4"},
  clock: {d: "M6 1.5a4.5 4.5 0 1 0 .001 0zM6 3.6V6l1.8 1.3"},
  hourglass: {d: "M3 1.5h6M3 10.5h6M3.6 1.5c0 2.6 4.8 3.6 4.8 9M8.4 1.5c0 2.6-4.8 3.6-4.8 9"},
  swap: {d: "M2 4h7.5L7.4 1.9M10 8H2.5l2.1 2.1"},
};

const word = (meaning, shape, label) => ({meaning, shape, label});

export const STATUS = {
  task: {
    wait: word("wait", "pause", "waiting"),
    todo: word("free", "ring", "to do"),
    progress: word("work", "half", "in progress"),
    done: word("done", "check", "done"),
    cancel: word("gone", "cross", "cancelled"),
  },
  workplan: {
    proposed: word("ask", "question", "proposed"),
    ready: word("free", "ring", "ready"),
    active: word("work", "half", "active"),
    blocked: word("wait", "stop", "blocked"),
    backlog: word("rest", "stack", "backlog"),
    finished: word("done", "check", "finished"),
    archived: word("gone", "box", "archived"),
  },
  decision: {
    open: word("ask", "question", "open"),
    resolved: word("done", "check", "resolved"),
    escalated: word("alarm", "triangle", "escalated"),
    superseded: word("gone", "swap", "superseded"),
  },
  topic: {
    active: word("work", "half", "active"),
    paused: word("wait", "pause", "paused"),
    archived: word("gone", "box", "archived"),
  },
  repo: {
    active: word("work", "half", "active"),
    archived: word("gone", "box", "archived"),
  },
  // states that are no status
  mark: {
    overdue: word("late", "clock", "overdue"),
    expired: word("late", "hourglass", "lease over"),
    claimed: word("work", "half", "claimed"),
    ready: word("free", "ring", "ready"),
    pending: word("ask", "question", "pending"),
    finishable: word("done", "check", "all tasks done"),
  },
};

export const AUTHOR_KINDS = {human: "person", agent: "agent", system: "system"};

export const EVENT_TYPES = {
  note: "noted",
  milestone: "milestone",
  created: "created",
  changed: "changed",
  status: "status",
  claim: "claimed",
  release: "released",
  takeover: "took over",
  decision: "decision",
  import: "import",
  sync: "sync",
  registration: "registered",
};

/** The word of a value, or one made up for a value that is newer than this page. */
export function wordOf(kind, value) {
  return STATUS[kind]?.[value] ?? word("rest", "ring", String(value ?? ""));
}

export const PRIORITIES = ["P0", "P1", "P2", "P3", "P4"];
