// Tasks by status as a chart. Without tasks the axes stand there, and say so.
import * as Plot from "@observablehq/plot";
import {html} from "htl";
import {count} from "./cards.js";
import {picture} from "./sized.js";
import {wordOf} from "./words.js";

/** `counts` is {status: n}; `kind` names the vocabulary. Wrap it in sized() to follow the width. */
export function statusChart(counts, {kind = "task", width = 420, height = 260} = {}) {
  const data = Object.entries(counts)
    .filter(([status]) => status !== "total")
    .map(([status, n]) => ({status, n}));
  const total = data.reduce((sum, {n}) => sum + n, 0);
  const label = (status) => wordOf(kind, status).label;
  const plot = Plot.plot({
    width,
    height,
    marginTop: 18,
    marginRight: 12,
    marginBottom: 24,
    marginLeft: 78,
    style: {fontFamily: "inherit", fontSize: "12px", background: "none"},
    x: {axis: null, domain: [0, Math.max(1, ...data.map(({n}) => n))], insetRight: 44},
    y: {domain: data.map(({status}) => status), tickFormat: label, tickSize: 0, label: null, padding: 0.28},
    marks: [
      Plot.ruleX([0], {stroke: "var(--line-strong)"}),
      Plot.barX(data, {y: "status", x: "n", rx2: 3, fill: ({status}) => `var(--fill-${wordOf(kind, status).meaning})`}),
      Plot.text(data, {y: "status", x: "n", text: ({n}) => count(n), textAnchor: "start", dx: 6, fill: "currentColor"}),
    ],
  });
  picture(plot, `Tasks by status: ${data.map(({status, n}) => `${n} ${label(status)}`).join(", ")}`);
  return html`<figure class="chart">
    ${plot}${total === 0 ? html`<figcaption>No tasks yet.</figcaption>` : null}
  </figure>`;
}
