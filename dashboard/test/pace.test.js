import assert from "node:assert/strict";
import {test} from "node:test";
import {GAP_MS, Pace} from "../src/components/pace.js";

/** When each of `wanted` reads begins that are all wanted from 0 on, one after the other, each of `took` ms. */
function begins(pace, wanted, took) {
  let now = 0;
  return Array.from({length: wanted}, () => {
    now += pace.wait(now);
    const began = now;
    pace.begin(now);
    now += took;
    pace.end(took);
    return began;
  });
}

test("three reads in a row wait for nothing, and the next ones keep the gap", () => {
  assert.deepEqual(begins(new Pace(), 6, 10), [0, 10, 20, GAP_MS, 2 * GAP_MS, 3 * GAP_MS]);
});

test("reads that take long come to leave the hub twice as long in peace", () => {
  assert.deepEqual(begins(new Pace(), 8, 400), [0, 400, 800, 1200, 1600, 2400, 3200, 4000]);
});

test("who was silent for long may read three times in a row again", () => {
  const pace = new Pace();
  begins(pace, 5, 10);
  assert.equal(pace.wait(60_000), 0);
  pace.begin(60_000);
  pace.end(10);
  assert.equal(pace.wait(60_010), 0);
});

test("what costs the hub more than a glance is never read twice in a row", () => {
  assert.deepEqual(begins(new Pace(1000), 3, 100), [0, 1000, 2000]);
});

test("what was asked for anew does not wait", () => {
  const pace = new Pace(1000);
  pace.begin(0);
  pace.end(900);
  assert.ok(pace.wait(950) > 0);
  pace.reset();
  assert.equal(pace.wait(950), 0);
});

test("a night that the machine slept in the middle of a read, and a clock that is set back, hold up nobody for long", () => {
  const night = 8 * 3_600_000;
  for (const [began, took, now] of [
    [0, night, night],
    [night, 10, 0],
  ]) {
    const pace = new Pace();
    for (let i = 0; i < 4; i++) {
      pace.begin(began);
      pace.end(took);
    }
    assert.ok(pace.wait(now) <= 10_000);
  }
});
