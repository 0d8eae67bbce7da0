// A bar of parts: done, in progress, waiting, and what is left of the whole.
import {html} from "htl";
import {wordOf} from "./words.js";

/** `counts` is {status: n} of `kind`, drawn in that order; what is missing to `total` stays empty. Has its words as a label. */
export function bar(counts, total, {kind = "task", label = null} = {}) {
  const parts = Object.entries(counts).filter(([, n]) => n > 0);
  const words = parts.map(([status, n]) => `${n} ${wordOf(kind, status).label}`);
  const text = label ?? (total === 0 ? "no tasks" : `${words.join(", ") || "none begun"}, of ${total}`);
  return html`<span class="bar" role="img" aria-label=${text} title=${text}
    >${parts.map(([status, n]) => html`<i data-meaning=${wordOf(kind, status).meaning} style=${{flexGrow: n}}></i>`)}<i
      class="bar-rest"
      style=${{flexGrow: Math.max(0, total - parts.reduce((sum, [, n]) => sum + n, 0))}}
    ></i
  ></span>`;
}
