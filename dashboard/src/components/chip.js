// A status, told three ways: by its word, its shape and its colour. The colour is that of the meaning, everywhere.
import {html, svg} from "htl";
import {SHAPES, wordOf} from "./words.js";

/** The shape of a status, in the colour of what stands around it. */
export function shape(name) {
  const {d, fill, wide, dash} = SHAPES[name];
  return html`<svg class="shape" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
    ${
      d
        ? svg`<path d=${d} fill="none" stroke="currentColor" stroke-width=${wide ? 2 : 1.5} stroke-linecap="round"
      stroke-linejoin="round" stroke-dasharray=${dash ?? null} />`
        : null
    }
    ${
      fill
        ? svg`<path d=${fill} fill="currentColor" stroke="currentColor" stroke-width=".6" stroke-linejoin="round" />`
        : null
    }
  </svg>`;
}

/** A chip: `kind` is task, workplan, decision, topic, repo, or mark for what is no status (overdue, claimed, …). */
export function chip(kind, value, {label = null, quiet = false} = {}) {
  const word = wordOf(kind, value);
  return html`<span class=${`chip${quiet ? " chip-quiet" : ""}`} data-meaning=${word.meaning}
    >${shape(word.shape)}<span>${label ?? word.label}</span></span
  >`;
}
