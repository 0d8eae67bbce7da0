// Who: a name, with the shape and colour of the kind of author.
import {html} from "htl";
import {plain} from "./text.js";
import {AUTHOR_KINDS} from "./words.js";

const INITIAL = /[\p{L}\p{N}]/u;
const GLYPHS = {
  human: "M6 6.2a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM1.8 10.8c.5-2.3 2.1-3.4 4.2-3.4s3.7 1.1 4.2 3.4",
  agent: "M2.2 4.2h7.6v5.6H2.2zM6 4.2V1.8M4.5 6.6v.8M7.5 6.6v.8",
  system:
    "M6 4.2a1.8 1.8 0 1 0 .001 0zM6 1.2v1.6M6 9.2v1.6M1.2 6h1.6M9.2 6h1.6M2.6 2.6l1.1 1.1M8.3 8.3l1.1 1.1M9.4 2.6L8.3 3.7M3.7 8.3L2.6 9.4",
};

/** Who: a name, with the shape and colour of the kind of author. */
export function author(name, kind) {
  const shown = plain(name) || "anonymous";
  return html`<span class="author" data-author=${kind} title=${`${shown} (${AUTHOR_KINDS[kind] ?? kind})`}>
    <svg viewBox="0 0 12 12" width="14" height="14" role="img" aria-label=${AUTHOR_KINDS[kind] ?? kind}>
      <path
        d=${GLYPHS[kind] ?? GLYPHS.system}
        fill="none"
        stroke="currentColor"
        stroke-width="1.2"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
    <bdi>${INITIAL.test(shown) ? shown : "anonymous"}</bdi></span
  >`;
}
