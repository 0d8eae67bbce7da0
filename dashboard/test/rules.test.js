import assert from "node:assert/strict";
import {readdirSync, readFileSync} from "node:fs";
import {test} from "node:test";

const folder = new URL("../src/components/", import.meta.url);

test("no handler is written as an attribute, which the policy of the pages forbids", () => {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(new URL(name, folder), "utf8");
    assert.doesNotMatch(text, /\son[a-z]+=\$\{/, name);
    assert.doesNotMatch(text, /innerHTML|html\.unsafe/, name);
  }
});
