// The tasks of a plan and what waits for what: from left to right, who is needed first.
import {html, svg} from "htl";
import {shape} from "./chip.js";
import {layered, curve} from "./layering.js";
import {to} from "./links.js";
import {plain, tail} from "./text.js";
import {wordOf} from "./words.js";

const WIDE = 172;
const HIGH = 46;
const GAP = 58; // between layers: room for the curves
const EDGE = 8;
const ENDED = ["done", "cancel"];

/** What a node's place, colour and pattern tell, in words. */
export function nodeWords(node, plan) {
  const words = [wordOf("task", node.status).label];
  if (node.isOutside) words.push(`of ${plain(node.workplan)}`);
  if (node.claim) words.push(`held by ${plain(node.claim.claimed_by)}`);
  if (node.isHeld) words.push(`waits for ${node.open.map(({code}) => plain(tail(code, plan))).join(", ")}`);
  return words.join(", ");
}

/** {nodes, edges} of graphOf() as a picture of links. `selected` is a task's code; its edges are set off. */
export function planGraph({nodes, edges}, plan, selected = null) {
  const byCode = new Map(nodes.map((node) => [node.code, node]));
  const {at, paths, width, height} = layered(
    nodes.map(({code}) => code),
    edges,
    {across: WIDE + GAP, down: HIGH + 12, thin: 18},
  );
  const isChosen = (code) => selected !== null && code.toLowerCase() === selected.toLowerCase();
  const hasChosen = nodes.some(({code}) => isChosen(code));
  const wide = Math.max(0, width - GAP) + 2 * EDGE;
  const high = height + 2 * EDGE;
  return html`<div class=${`graph${hasChosen ? " has-chosen" : ""}`} style=${{width: `${wide}px`, height: `${high}px`}}
    ${{onkeydown: walk}}
  >
    <svg width=${wide} height=${high} aria-hidden="true">
      <g transform=${`translate(${EDGE + WIDE / 2} ${EDGE})`}>
        ${paths.map(
          ({from, to: end, points}) =>
            svg`<path class=${`edge${isChosen(from) || isChosen(end) ? " is-near" : ""}`} data-from=${from} data-to=${end}
              data-met=${String(ENDED.includes(byCode.get(from).status))} d=${curve(points, WIDE / 2)} />`,
        )}
      </g>
    </svg>
    <ul aria-label="Tasks by what they wait for">
      ${nodes.map((node) => drawn(node, at.get(node.code), plan, isChosen(node.code)))}
    </ul>
  </div>`;
}

function drawn(node, {x, y, layer}, plan, isChosen) {
  const {meaning, shape: form} = wordOf("task", node.status);
  const state = [node.isOutside && "is-outside", node.isHeld && "is-held", isChosen && "is-chosen"];
  return html`<li data-key=${`node-${node.code}`}>
    <a
      class=${["node", ...state].filter(Boolean).join(" ")}
      href=${to.task(node.code, node.workplan ?? plan)}
      data-meaning=${meaning}
      data-status=${node.status}
      data-layer=${layer}
      aria-current=${isChosen ? "true" : null}
      title=${`${plain(node.title)}: ${nodeWords(node, plan)}`}
      style=${{left: `${EDGE + x}px`, top: `${EDGE + y - HIGH / 2}px`, width: `${WIDE}px`, height: `${HIGH}px`}}
      ><span class="node-head"
        >${shape(form)}<span class="code">${plain(node.isOutside ? node.code : tail(node.code, plan))}</span
        >${node.claim ? html`<bdi class="node-holder">${plain(node.claim.claimed_by)}</bdi>` : null}</span
      ><bdi class="node-title">${plain(node.title)}</bdi
      ><span class="visually-hidden">${nodeWords(node, plan)}</span></a
    >
  </li>`;
}

const WAYS = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};

// arrows lead to the nearest node on that side
function walk(event) {
  const way = WAYS[event.key];
  const here = event.target.closest?.(".node");
  if (!way || !here || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const place = (node) => [parseFloat(node.style.left), parseFloat(node.style.top)];
  const [x, y] = place(here);
  let [best, least] = [null, Infinity];
  for (const node of event.currentTarget.querySelectorAll(".node")) {
    const [dx, dy] = [place(node)[0] - x, place(node)[1] - y];
    const along = dx * way[0] + dy * way[1];
    const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
    const far = along + (way[0] ? aside : 4 * aside);
    if (along > 1 && far < least) [best, least] = [node, far];
  }
  best?.focus();
}
