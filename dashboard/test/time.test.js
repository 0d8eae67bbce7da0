import assert from "node:assert/strict";
import {test} from "node:test";
import {ago, due, isPast, isWithin, lease, learnClock, now} from "../src/components/time.js";

const AT = Date.parse("2026-11-24T12:00:00Z");
const after = (seconds) => new Date(AT + seconds * 1000).toISOString();

test("a past moment is told in its largest unit", () => {
  const told = [
    [-2, "just now"],
    [-42, "42 s ago"],
    [-180, "3 min ago"],
    [-7200, "2 h ago"],
    [-40 * 3600, "40 h ago"],
    [-86400 * 12, "12 d ago"],
    [-86400 * 800, "2 y ago"],
    [60, "in 1 min"],
  ];
  for (const [seconds, text] of told) assert.equal(ago(after(seconds), AT), text);
});

test("a due date says how much is left, or how late it is", () => {
  assert.equal(due(after(3600 * 5), AT), "due in 5 h");
  assert.equal(due(after(-86400 * 3), AT), "3 d overdue");
});

test("a lease counts seconds when it is nearly over", () => {
  assert.equal(lease(after(65), AT), "1:05 left");
  assert.equal(lease(after(599), AT), "9:59 left");
  assert.equal(lease(after(720), AT), "12 min left");
  assert.equal(lease(after(-90), AT), "ran out 1 min ago");
});

test("no time is neither past nor near", () => {
  assert.equal(isPast(null, AT), false);
  assert.equal(isWithin(null, 7, AT), false);
  assert.equal(isWithin(after(86400 * 6.9), 7, AT), true);
  assert.equal(isWithin(after(86400 * 7.1), 7, AT), false);
  assert.equal(isWithin(after(-86400 * 70), 7, AT), true);
});

test("the hub's clock counts when it is off, and not for a second", () => {
  learnClock(new Date(Date.now() + 3_600_000).toUTCString());
  assert.ok(Math.abs(now() - Date.now() - 3_600_000) < 2000);
  learnClock(new Date().toUTCString());
  assert.ok(Math.abs(now() - Date.now()) < 50);
  learnClock(undefined);
  assert.ok(Math.abs(now() - Date.now()) < 50);
});
