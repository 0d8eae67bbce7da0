// What stands where data is not: nothing there, not yet there, not to be had.
import {html} from "htl";
import {plain} from "./text.js";

/** Nothing to show: what that means, and what to do. `hint` may have nodes, `command` is one to copy. */
export function empty(title, hint = null, {command = null, calm = false} = {}) {
  return html`<div class=${`state${calm ? " state-calm" : ""}`}>
    <p class="state-title">${title}</p>
    ${hint === null ? null : html`<p>${hint}</p>`}
    ${command === null ? null : html`<pre class="state-command"><code>${command}</code></pre>`}
  </div>`;
}

/** Not there yet: grey lines in the place of rows. */
export function waiting(lines = 3) {
  return html`<div class="state-waiting" aria-hidden="true">${Array.from({length: lines}, () => html`<i></i>`)}</div>`;
}

/** An error in the place of data. */
export function failed(error) {
  if (error?.passing ?? true) {
    return empty("The hub does not answer", "This page tries again by itself. Is the hub running?", {
      command: "custodian up",
    });
  }
  return empty(
    error.status === 404 ? "There is no such thing here" : "The hub refused to answer this",
    plain(error.message),
  );
}
