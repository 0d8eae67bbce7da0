import assert from "node:assert/strict";
import {test} from "node:test";
import {attention, dueDecisions, repoStates} from "../src/components/overview.js";

const AT = Date.parse("2026-11-24T12:00:00Z");
const day = (n) => new Date(AT + n * 86_400_000).toISOString();
const decision = (code, status, due_at = null, workplan = null) => ({code, title: code, status, due_at, workplan});
const plan = (code, repo, more = {}) => ({
  code,
  title: code,
  repo,
  status: "active",
  due_at: null,
  tasks: {done: 1, total: 4},
  finishable: false,
  ...more,
});
const found = (more = {}) => ({
  summary: {blocking_decisions: []},
  repos: {items: []},
  plans: {items: []},
  working: {items: []},
  waiting: {items: []},
  claims: {items: []},
  ...more,
});

test("escalated decisions come first, then overdue ones and plans, the longest overdue before the others", () => {
  const blocking_decisions = [
    decision("D1", "escalated", day(9)),
    decision("D2", "open", day(-1)),
    decision("D3", "open", day(-5)),
    decision("D4", "open", day(3)),
    decision("D5", "open"),
  ];
  const plans = {items: [plan("P1", "a", {due_at: day(-2)}), plan("P2", "a", {due_at: day(2)}), plan("P3", "a")]};
  const asked = attention(found({summary: {blocking_decisions}, plans}), AT);
  assert.deepEqual(
    asked.map(({why, row}) => [row.code, why]),
    [
      ["D1", "escalated"],
      ["D3", "overdue"],
      ["D2", "overdue"],
      ["P1", "overdue"],
    ],
  );
});

test("decisions that are due within seven days are told by date, the overdue ones first", () => {
  const blocking_decisions = [
    decision("A", "escalated", day(6)),
    decision("B", "open", day(8)),
    decision("C", "open"),
    decision("D", "open", day(-1)),
  ];
  assert.deepEqual(
    dueDecisions({summary: {blocking_decisions}}, 7, AT).map(({code}) => code),
    ["D", "A"],
  );
});

test("a repository counts its open plans, their tasks, its claims and its questions", () => {
  const states = repoStates(
    found({
      summary: {
        blocking_decisions: [
          decision("D1", "open", null, "B-WP-0001"),
          decision("D2", "escalated", null, "B-WP-0099"),
          decision("D3", "open"),
        ],
      },
      repos: {items: ["a", "b", "c"].map((slug) => ({slug, name: slug, domain: "infotech"}))},
      plans: {
        items: [plan("B-WP-0001", "b"), plan("B-WP-0002", "b", {status: "blocked", due_at: day(-1), finishable: true})],
      },
      working: {
        items: [
          {repo: "b", workplan: "B-WP-0001"},
          {repo: "b", workplan: "B-WP-0007"},
        ],
      },
      waiting: {items: [{repo: "b", workplan: "B-WP-0001"}]},
      claims: {
        items: [
          {repo: "b", lease_expires_at: day(1)},
          {repo: "c", lease_expires_at: day(-1)},
        ],
      },
    }),
    AT,
  );
  assert.deepEqual(
    states.map(({slug}) => slug),
    ["b", "c", "a"],
  );
  const {name, domain, slug, ...counts} = states[0];
  assert.deepEqual(counts, {
    plans: 2,
    blocked: 1,
    late: 1,
    finishable: 1,
    done: 2,
    working: 1,
    waiting: 1,
    total: 8,
    claims: 1,
    expired: 0,
    decisions: 2,
    escalated: 1,
  });
  assert.equal(states[1].expired, 1);
});
