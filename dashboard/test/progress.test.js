import assert from "node:assert/strict";
import {test} from "node:test";
import {dayOf, dayTitle, newOnes, params} from "../src/components/progress.js";
import {EVENT_TYPES} from "../src/components/words.js";
import {someOf, SPLITS, parts} from "../src/components/days.js";

test("days are those of whoever looks, and the last one is included", () => {
  const asked = params({author_kind: ["human"], author: null, since: "2026-11-01", until: "2026-11-30"});
  assert.equal(asked.since, new Date(2026, 10, 1).toISOString());
  assert.equal(asked.until, new Date(2026, 11, 1).toISOString());
  assert.equal(params({since: "yesterday"}).since, null);
});

test("only what is not known is new, the newest first", () => {
  const found = newOnes([{id: 3}, {id: 5}, {id: 4}], new Set([4]));
  assert.deepEqual(
    found.map(({id}) => id),
    [5, 3],
  );
});

test("a day has its name", () => {
  const now = new Date(2026, 10, 24, 1).getTime();
  assert.equal(dayTitle(dayOf(new Date(2026, 10, 24, 0, 30).toISOString()), now), "Today");
  assert.equal(dayTitle("2026-11-23", now), "Yesterday");
  assert.match(dayTitle("2026-11-20", now), /2026/);
});

test("every type of event has its family, and a newer one is a change", () => {
  const told = SPLITS.event_type.flatMap(([, , , types]) => types);
  assert.deepEqual(told.sort(), Object.keys(EVENT_TYPES).sort());
  const items = [{day: "2026-11-24", total: 6, counts: {claim: 1, release: 2, dreamt: 3}}];
  assert.deepEqual(parts({by: "event_type", items}), [
    {day: "2026-11-24", key: "claim", n: 3},
    {day: "2026-11-24", key: "change", n: 3},
  ]);
});

test("an axis names the last of its days, and no more than have room", () => {
  const days = Array.from({length: 30}, (_, i) => `d${i}`);
  const named = someOf(days, 300);
  assert.equal(named.at(-1), "d29");
  assert.ok(named.length <= 5);
});
