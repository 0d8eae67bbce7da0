import assert from "node:assert/strict";
import {test} from "node:test";
import {curve, layered} from "../src/components/layering.js";

const layersOf = ({at}) => Object.fromEntries([...at].map(([id, {layer}]) => [id, layer]));

test("who is needed stands left of who needs it, however long the way", () => {
  const edges = [
    ["a", "b"],
    ["b", "c"],
    ["a", "c"],
    ["d", "c"],
  ];
  assert.deepEqual(layersOf(layered(["c", "b", "a", "d"], edges)), {c: 2, b: 1, a: 0, d: 1});
});

test("an edge over several layers bends once a layer, and every node has a place of its own", () => {
  const ids = Array.from({length: 100}, (_, i) => `t${i}`);
  const edges = ids.flatMap((id, i) => [[Math.floor(i / 2)], [Math.floor(i / 3)]].map(([j]) => [`t${j}`, id]));
  const found = layered(ids, edges, {across: 200, down: 60});
  for (const {from, to, points} of found.paths) {
    assert.equal(points.length, found.at.get(to).layer - found.at.get(from).layer + 1);
    assert.ok(points.length > 1);
  }
  const nodes = [...found.at.values()];
  for (const a of nodes) {
    assert.ok(a.y >= 30 - 1e-9 && a.y <= found.height - 30 + 1e-9 && a.x < found.width);
    for (const b of nodes) assert.ok(a === b || a.layer !== b.layer || Math.abs(a.y - b.y) >= 60 - 1e-6);
  }
});

test("two chains that could cross are drawn apart", () => {
  const edges = [
    ["a", "y"],
    ["b", "x"],
  ];
  const {at} = layered(["a", "b", "x", "y"], edges);
  assert.equal(Math.sign(at.get("a").y - at.get("b").y), Math.sign(at.get("y").y - at.get("x").y));
});

test("a straight chain is drawn straight", () => {
  const {at} = layered(["a", "b", "c"], [["a", "b"], ["b", "c"]]); // prettier-ignore
  assert.equal(new Set([...at.values()].map(({y}) => y)).size, 1);
});

test("cycles, loops, doubles and edges to nowhere break nothing", () => {
  const edges = [["a", "b"], ["b", "a"], ["a", "a"], ["a", "b"], ["a", "gone"]]; // prettier-ignore
  const {at, paths} = layered(["a", "b"], edges);
  assert.deepEqual([...at.keys()], ["a", "b"]);
  assert.equal(paths.length, 2);
  for (const {points} of paths) assert.ok(points.flat().every(Number.isFinite));
  const none = layered([], []);
  assert.deepEqual([none.at.size, none.paths, none.width, none.height], [0, [], 0, 0]);
});

test("a curve leads from side to side and straight past what is between", () => {
  const d = curve([[0, 0], [200, 50], [400, 0]], 80); // prettier-ignore
  assert.match(d, /^M80 0C.* 120 50H280C.* 320 0$/);
});
