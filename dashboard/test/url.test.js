import assert from "node:assert/strict";
import {test} from "node:test";
import {read, written} from "../src/components/url.js";

const DESCRIPTION = {status: ["active", "ready"], repo: null, q: ""};

test("an address without parameters is the state by default", () => {
  assert.deepEqual(read(DESCRIPTION, ""), {status: ["active", "ready"], repo: null, q: ""});
});

test("what is written is read again", () => {
  for (const state of [
    {status: ["blocked"], repo: "my-repo", q: "a & b=c"},
    {status: [], repo: null, q: ""},
    {status: ["ready", "active"], repo: null, q: "x"},
  ]) {
    const again = read(DESCRIPTION, written(DESCRIPTION, state, ""));
    assert.deepEqual({...again, status: again.status.sort()}, {...state, status: state.status.sort()});
  }
});

test("what is as by default is not in the address, and a stranger stays there", () => {
  assert.equal(written(DESCRIPTION, {status: ["ready", "active"], repo: null, q: ""}, "?repo=x&other=1"), "?other=1");
});
