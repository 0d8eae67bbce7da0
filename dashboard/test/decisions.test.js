import assert from "node:assert/strict";
import {test} from "node:test";
import {byUrgency, changesOf, optionText, rationaleOf} from "../src/components/decisions.js";

const AT = Date.parse("2026-11-24T12:00:00Z");
const day = (n) => new Date(AT + n * 86_400_000).toISOString();
const row = (code, status, due_at, created_at = day(-1)) => ({code, status, due_at, created_at});

test("escalated come first, then overdue, then by due date, then the oldest", () => {
  const rows = [
    row("young", "open", null, day(-1)),
    row("old", "open", null, day(-9)),
    row("soon", "open", day(1)),
    row("later", "open", day(9)),
    row("late", "open", day(-2)),
    row("escalated", "escalated", null),
    row("escalated and late", "escalated", day(-1)),
  ];
  assert.deepEqual(
    byUrgency(rows, AT).map(({code}) => code),
    ["escalated and late", "escalated", "late", "soon", "later", "old", "young"],
  );
  assert.equal(rows[0].code, "young");
});

test("an option is told by its text, whatever form it has", () => {
  assert.equal(optionText("yes"), "yes");
  assert.equal(optionText({title: "yes", cost: 3}), "yes");
  assert.equal(optionText({cost: 3}), '{"cost":3}');
  assert.equal(optionText(3), "3");
  assert.equal(optionText(null), "null");
});

test("an answer is what was chosen and why, or one's own words, and never nothing", () => {
  assert.equal(rationaleOf("two", " it is less "), "two: it is less");
  assert.equal(rationaleOf("two", "  "), "two");
  assert.equal(rationaleOf("", "neither"), "neither");
  assert.equal(rationaleOf("", " \n"), "");
});

test("what changed is told by name, as it is now", () => {
  const before = {title: "a", context: "", options: ["x"], due_at: null, status: "open", version: 1};
  const after = {...before, title: "b", options: ["x", {title: "y"}], version: 2};
  assert.deepEqual(changesOf(before, after), [
    ["title", "b"],
    ["options", "x · y"],
  ]);
  assert.deepEqual(changesOf(before, {...before, version: 2}), []);
});
