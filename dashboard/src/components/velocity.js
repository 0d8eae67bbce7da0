// How fast is decided: decisions made a week, and the median days from question to answer.
import * as Plot from "@observablehq/plot";
import {html} from "htl";
import {dayName, someOf} from "./days.js";
import {picture} from "./sized.js";

const number = (n) => (n >= 10 ? n.toFixed(0) : n.toFixed(1)).replace(/\.0$/, "");

/** `items` of /decisions/velocity. Two small charts with one axis of weeks: two measures never share a scale. */
export function velocityChart(items, {width = 420, height = 300} = {}) {
  const weeks = items.map(({week}) => week);
  const made = items.reduce((sum, {made}) => sum + made, 0);
  const timed = items.filter(({median_days}) => median_days !== null);
  const x = {domain: weeks, label: null, tickSize: 0, padding: 0.25, type: "band"};
  const common = {
    width,
    marginLeft: 34,
    marginRight: 8,
    style: {fontFamily: "inherit", fontSize: "12px", background: "none"},
  };
  const top = Plot.plot({
    ...common,
    height: Math.round(height * 0.46),
    marginTop: 16,
    marginBottom: 6,
    x: {...x, axis: null},
    y: {
      domain: [0, Math.max(3, ...items.map((one) => one.made)) * 1.15],
      ticks: 3,
      tickFormat: "d",
      label: null,
      tickSize: 0,
      grid: true,
    },
    marks: [
      Plot.ruleY([0], {stroke: "var(--line-strong)"}),
      Plot.barY(items, {x: "week", y: "made", rx2: 2, fill: "var(--fill-done)"}),
      Plot.text(
        items.filter((one) => one.made),
        {x: "week", y: "made", text: "made", dy: -7, fill: "currentColor"},
      ),
    ],
  });
  const bottom = Plot.plot({
    ...common,
    height: Math.round(height * 0.54) - 44,
    marginTop: 16,
    marginBottom: 24,
    x: {...x, ticks: someOf(weeks, width - 42), tickFormat: dayName},
    y: {
      domain: [0, Math.max(1, ...timed.map((one) => one.median_days)) * 1.2],
      ticks: 3,
      label: null,
      tickSize: 0,
      grid: true,
    },
    marks: [
      Plot.ruleY([0], {stroke: "var(--line-strong)"}),
      Plot.ruleX(timed, {x: "week", y: "median_days", stroke: "var(--fill-work)", strokeWidth: 2}),
      Plot.dot(timed, {x: "week", y: "median_days", r: 4, fill: "var(--fill-work)"}),
      Plot.text(timed, {
        x: "week",
        y: "median_days",
        text: ({median_days}) => number(median_days),
        dy: -11,
        fill: "currentColor",
      }),
    ],
  });
  picture(top, `Decisions made a week, the oldest first: ${items.map(({made}) => made).join(", ")}`);
  picture(
    bottom,
    `Median days from question to answer: ${timed.map(({week, median_days}) => `${number(median_days)} in the week of ${dayName(week)}`).join(", ") || "none"}`,
  );
  return html`<figure class="chart velocity">
    <p class="chart-name">made a week</p>
    ${top}
    <p class="chart-name">median days to decide</p>
    ${bottom} ${made === 0 ? html`<figcaption>No decision was made in these ${items.length} weeks.</figcaption>` : null}
  </figure>`;
}
