// Events a day, by who or what they were.
import * as Plot from "@observablehq/plot";
import {html} from "htl";
import {count} from "./cards.js";
import {dayName, parts, someOf, SPLITS} from "./days.js";
import {picture} from "./sized.js";

/** A chart of a /progress/volume. */
export function volumeChart(volume, {width = 600, height = 220} = {}) {
  const days = volume.items.map(({day}) => day);
  const families = SPLITS[volume.by];
  const total = volume.items.reduce((sum, item) => sum + item.total, 0);
  const highest = Math.max(4, ...volume.items.map((item) => item.total));
  const name = new Map(families.map(([key, word]) => [key, word]));
  const plot = Plot.plot({
    width,
    height: height - 30,
    marginTop: 10,
    marginLeft: 42,
    marginRight: 8,
    marginBottom: 24,
    style: {fontFamily: "inherit", fontSize: "12px", background: "none"},
    x: {
      type: "band",
      domain: days,
      ticks: someOf(days, width - 50),
      tickFormat: dayName,
      tickSize: 0,
      label: null,
      padding: 0.18,
    },
    y: {domain: [0, highest * 1.05], ticks: 4, tickFormat: "~s", tickSize: 0, label: null, grid: true},
    color: {domain: families.map(([key]) => key), range: families.map(([, , meaning]) => `var(--fill-${meaning})`)},
    marks: [
      Plot.barY(parts(volume), {
        x: "day",
        y: "n",
        fill: "key",
        order: families.map(([key]) => key),
        stroke: "var(--surface)",
        strokeWidth: 0.75,
        title: ({day, key, n}) => `${dayName(day)}: ${count(n)} ${name.get(key)}`,
      }),
      Plot.ruleY([0], {stroke: "var(--line-strong)"}),
    ],
  });
  const sums = families.map(([key, word]) => {
    const n = parts(volume).reduce((sum, part) => sum + (part.key === key ? part.n : 0), 0);
    return `${count(n)} ${word}`;
  });
  picture(plot, `Events a day of the last ${days.length} days: ${count(total)} in all; ${sums.join(", ")}`);
  return html`<figure class="chart">
    <p class="chart-legend">
      ${families.map(([, word, meaning]) => html`<span data-meaning=${meaning}><i></i>${word}</span>`)}
    </p>
    ${plot}${total === 0 ? html`<figcaption>Nothing happened in these ${days.length} days.</figcaption>` : null}
  </figure>`;
}
