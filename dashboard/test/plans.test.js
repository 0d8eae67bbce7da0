import assert from "node:assert/strict";
import {test} from "node:test";
import {board, graphOf, tally} from "../src/components/plan.js";
import {STATE, counted, isCode, marks, meaningOf, orderOf, params, sortOf, totalOf} from "../src/components/plans.js";
import {tail} from "../src/components/text.js";

const AT = Date.parse("2026-11-24T12:00:00Z");
const state = (more = {}) => ({...STATE, ...more});
const plan = (more = {}) => ({status: "active", due_at: null, finishable: false, ...more});
const task = (n, status, depends_on = [], more = {}) => ({
  code: `A-WP-0001-T${n}`,
  title: `t${n}`,
  status,
  position: n,
  workplan: "A-WP-0001",
  depends_on: depends_on.map((one) => (typeof one === "number" ? `A-WP-0001-T${one}` : one)),
  ...more,
});

test("what the address filters by is what the hub is asked", () => {
  const asked = params(state({repo: "a", owner: "ada", status: ["active", "nonsense"], sort: "due_at"}));
  assert.deepEqual([asked.repo, asked.owner, asked.status, asked.sort], ["a", "ada", ["active"], "due_at"]);
});

test("an order that there is none of becomes the usual one", () => {
  assert.deepEqual(orderOf("-due_at"), {by: "due_at", down: true});
  for (const none of ["title; drop", "-", "", null]) assert.equal(sortOf(orderOf(none)), STATE.sort);
});

test("only what has the form of a code is asked for", () => {
  for (const good of ["A-WP-0001", "x", "a.b_c-1"]) assert.ok(isCode(good), good);
  for (const bad of ["", "..", "a/b", "<img>", "a b", "x".repeat(121), "a\u0000", null, undefined])
    assert.ok(!isCode(bad));
});

test("the count says what is known, and what is not", () => {
  const items = [1, 2];
  assert.equal(counted({items, complete: true, cut: false, total: 2}), "2 workplans");
  assert.equal(counted({items: [1], complete: true, cut: false, total: 1}), "1 workplan");
  assert.equal(counted({items, complete: false, cut: false, total: 90}), "the first 2 of 90 workplans");
  assert.equal(counted({items, complete: false, cut: false, total: null}), "the first 2 workplans");
  assert.match(counted({items, complete: true, cut: true, total: 2}), /best 100 matches/);
  assert.equal(totalOf({active: 2, ready: 3, total: 9}, ["active", "ready"]), 5);
  assert.equal(totalOf({active: 2, ready: 3, total: 9}, []), 9);
});

test("overdue comes before blocked before finishable, and what is over is none of them", () => {
  const past = "2026-11-20T00:00:00Z";
  assert.equal(meaningOf(plan({due_at: past, status: "blocked", finishable: true}), AT), "late");
  assert.equal(meaningOf(plan({status: "blocked", finishable: true}), AT), "wait");
  assert.equal(meaningOf(plan({finishable: true}), AT), "done");
  assert.equal(meaningOf(plan(), AT), null);
  assert.deepEqual(marks(plan({due_at: past, finishable: true}), AT), ["overdue", "finishable"]);
  assert.deepEqual(marks(plan({due_at: past, finishable: true, status: "finished"}), AT), []);
});

test("a board tells who waits for what, who holds what, and shows what is over last", () => {
  const tasks = [
    task(1, "done"),
    task(2, "todo", [1, 10, "B-WP-0001-T1", "B-WP-0001-T9"]),
    task(10, "progress"),
    task(3, "done", [10]),
  ];
  const outside = [{code: "B-WP-0001-T1", title: "there", status: "wait", workplan: "B-WP-0001"}];
  const found = board({tasks, claims: [{task: "A-WP-0001-T10", claimed_by: "ada"}], outside});
  assert.deepEqual(
    found.map(({code}) => tail(code, "a-wp-0001")),
    ["T2", "T10", "T1", "T3"],
  );
  const [second, tenth, first, third] = found;
  assert.deepEqual(
    second.open.map(({code}) => code),
    ["A-WP-0001-T10", "B-WP-0001-T1", "B-WP-0001-T9"],
  );
  assert.equal(second.isHeld, true);
  assert.equal(second.needs.at(-1).status, null);
  assert.equal(tenth.claim.claimed_by, "ada");
  assert.deepEqual(tenth.after, ["A-WP-0001-T2", "A-WP-0001-T3"]);
  assert.deepEqual([first.isHeld, third.isHeld], [false, false]);
});

test("the graph has what is bound to something, of other plans too, and can leave out what is over", () => {
  const tasks = [task(1, "done"), task(2, "todo", [1, "B-WP-0001-T1"]), task(3, "todo", [2]), task(4, "todo")];
  const outside = [{code: "B-WP-0001-T1", title: "there", status: "wait", workplan: "B-WP-0001"}];
  const found = board({tasks, claims: [], outside});
  const whole = graphOf(found, outside);
  assert.deepEqual([whole.nodes.length, whole.edges.length, whole.free, whole.hidden], [4, 3, 1, 0]);
  assert.equal(whole.nodes.at(-1).isOutside, true);
  const open = graphOf(found, outside, {isOpen: true});
  assert.deepEqual([open.nodes.length, open.edges.length, open.hidden], [3, 2, 1]);
  assert.deepEqual(graphOf([], []), {nodes: [], edges: [], free: 0, hidden: 0});
});

test("tasks are counted by status, and named short within their plan only", () => {
  assert.deepEqual(tally([{status: "done"}, {status: "todo"}, {status: "todo"}]), {
    done: 1,
    progress: 0,
    wait: 0,
    todo: 2,
    cancel: 0,
  });
  assert.equal(tail("B-WP-0001-T1", "A-WP-0001"), "B-WP-0001-T1");
});
