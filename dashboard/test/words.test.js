import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";
import {AUTHOR_KINDS, EVENT_TYPES, SHAPES, STATUS, wordOf} from "../src/components/words.js";

const schema = readFileSync(new URL("../../sql/schema.sql", import.meta.url), "utf8");

function vocabulary(name) {
  const found = schema.match(new RegExp(`create type statehub\\.${name} as enum \\(([^)]*)\\)`, "i"));
  assert.ok(found, name);
  return [...found[1].matchAll(/'([^']+)'/g)].map(([, value]) => value);
}

test("every value of the database's vocabularies has its word, and no other", () => {
  for (const kind of ["task", "workplan", "decision", "topic", "repo"]) {
    assert.deepEqual(Object.keys(STATUS[kind]), vocabulary(`${kind}_status`), kind);
  }
  assert.deepEqual(Object.keys(AUTHOR_KINDS), vocabulary("author_kind"));
  assert.deepEqual(Object.keys(EVENT_TYPES), vocabulary("event_type"));
});

test("no two statuses of a kind look the same without colour", () => {
  for (const [kind, words] of Object.entries(STATUS)) {
    const shapes = Object.values(words).map(({shape}) => shape);
    assert.ok(
      shapes.every((shape) => shape in SHAPES),
      kind,
    );
    assert.equal(new Set(shapes).size, shapes.length, kind);
  }
});

test("every meaning has its colours, in light and in dark", () => {
  const css = readFileSync(new URL("../src/style/colours.css", import.meta.url), "utf8");
  for (const {meaning} of Object.values(STATUS).flatMap(Object.values)) {
    assert.equal(css.split(`--fill-${meaning}: #`).length, 3, meaning);
    assert.equal(css.split(`--ink-${meaning}: #`).length, 3, meaning);
    assert.ok(css.includes(`[data-meaning="${meaning}"]`), meaning);
  }
});

test("a value that is newer than this page is shown as it is", () => {
  assert.equal(wordOf("task", "dreaming").label, "dreaming");
});
