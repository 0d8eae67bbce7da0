import assert from "node:assert/strict";
import {test} from "node:test";
import {address, to} from "../src/components/links.js";
import {plain, safeHref} from "../src/components/text.js";

test("a link leads to http, https or our own origin, and nowhere else", () => {
  assert.equal(safeHref("https://example.org/a?b#c"), "https://example.org/a?b#c");
  assert.equal(safeHref("/workplan?code=A"), "/workplan?code=A");
  for (const bad of [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\u0000javascript:alert(1)",
    "data:text/html,x",
    "//elsewhere.example",
    "vbscript:x",
    "file:///etc/passwd",
    "",
    null,
  ]) {
    assert.equal(safeHref(bad), null, String(bad));
  }
});

test("text loses what hides or turns its neighbours, and nothing else", () => {
  assert.equal(plain("a\u202eb\u200bc\u0007d\u2066e"), "abcde");
  assert.equal(plain("<b>größer & 日本 👍🏽\n\tline"), "<b>größer & 日本 👍🏽\n\tline");
  assert.equal(plain(null), "");
  assert.equal(plain(0), "0");
});

test("an address has the parameters that have a value", () => {
  assert.equal(address("/x", {a: 1, b: null, c: "", d: ["p", "q r"]}), "/x?a=1&d=p&d=q+r");
  assert.equal(address("/x?z=1", {a: "&="}), "/x?z=1&a=%26%3D");
  assert.equal(to.task("A-T01", "A"), "/workplan?code=A&task=A-T01");
});
