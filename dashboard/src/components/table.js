// A table of any number of rows: only those in sight are in the document. Keys: arrows, page, home, end, enter.
import {html} from "htl";
import {plain} from "./text.js";

const OVERSCAN = 6;
let tables = 0;

/**
 * A table that is updated in place: `update(rows)` shows other rows, and keeps what is selected and where it is scrolled to.
 *
 * `columns`: [{name, label, value: row => node or text, sort: row => comparable or true, align: "end", width, hide: "narrow"}];
 * `key`: row => its name; `label`: what the table is called. `sort`: {by: column name, down: boolean}. A column with sort:
 * true is sorted by who gives the rows: `onSort(sort)` is called; one with a function is sorted here. `onSelect(row)`: enter
 * or a click. `onMore()`: the end is near. `empty`: () => node. `height` of the whole and `rowHeight` in px.
 */
export function table(columns, options = {}) {
  return new Table(columns, options).host;
}

class Table {
  constructor(
    columns,
    {key = (row) => row.code, label = "", sort = null, selected = null, rowHeight = 44, ...options},
  ) {
    Object.assign(this, {columns, key, label, sort, selected, rowHeight, options});
    this.id = `table-${++tables}`;
    this.rows = [];
    this.sorted = [];
    this.active = -1;
    this.build();
    Object.assign(this.host, {
      update: (rows, more) => this.update(rows, more),
      select: (name) => this.select(name),
    });
  }

  build() {
    this.top = html`<tr aria-hidden="true" class="table-space">
      <td colspan=${this.columns.length}></td>
    </tr>`;
    this.bottom = this.top.cloneNode(true);
    this.body = html`<tbody></tbody>`;
    this.head = html`<thead></thead>`;
    this.none = html`<div class="table-none"></div>`;
    this.grid = html`<table role="grid" aria-label=${this.label} aria-colcount=${this.columns.length}>
      <colgroup>
        ${this.columns.map(
          (c) => html`<col class=${c.hide ? `hide-${c.hide}` : null} style=${{width: c.width ?? "auto"}} />`,
        )}
      </colgroup>
      ${this.head}${this.body}
    </table>`;
    this.scroller = html`<div
      class="table-scroll"
      tabindex="0"
      role="group"
      aria-label=${this.label}
      ${{onscroll: () => this.draw()}}
      ${{onkeydown: (event) => this.press(event)}}
    >
      ${this.grid}${this.none}
    </div>`;
    this.grid.style.setProperty("--min-wide", least(this.columns));
    this.grid.style.setProperty("--min-narrow", least(this.columns.filter(({hide}) => hide !== "narrow")));
    this.scroller.style.maxHeight = this.options.height ?? "70vh";
    this.host = html`<div class="table" data-own=${this.id}>${this.scroller}</div>`;
    this.body.onclick = (event) => this.click(event);
    new ResizeObserver(() => this.draw(true)).observe(this.scroller);
    this.drawHead();
  }

  update(rows, {sort = this.sort, selected = this.selected} = {}) {
    const active = this.sorted[this.active];
    const activeKey = active && this.key(active);
    Object.assign(this, {rows, sort, selected});
    this.sorted = this.order(rows);
    this.active = activeKey === undefined ? -1 : this.sorted.findIndex((row) => this.key(row) === activeKey);
    this.grid.setAttribute("aria-rowcount", String(rows.length + 1));
    this.drawHead();
    this.draw(true);
    return this.host;
  }

  select(name) {
    this.selected = name;
    this.draw(true);
  }

  order(rows) {
    const column = this.columns.find(({name}) => name === this.sort?.by);
    if (typeof column?.sort !== "function") return rows;
    const turn = this.sort.down ? -1 : 1;
    return rows
      .map((row) => [column.sort(row), row])
      .sort(([a], [b]) => (a == null ? (b == null ? 0 : 1) : b == null ? -1 : turn * compare(a, b)))
      .map(([, row]) => row);
  }

  drawHead() {
    const cells = this.columns.map((column) => {
      const by = this.sort?.by === column.name;
      const turn = by ? (this.sort.down ? "descending" : "ascending") : null;
      const text = plain(column.label);
      return html`<th scope="col" class=${classes(column)} aria-sort=${turn}>
        ${
          column.sort
            ? html`<button type="button" ${{onclick: () => this.turn(column)}}>
              ${text}<i aria-hidden="true">${by ? (this.sort.down ? "↓" : "↑") : ""}</i>
            </button>`
            : text
        }
      </th>`;
    });
    const focused = [...this.head.querySelectorAll("button")].indexOf(document.activeElement);
    this.head.replaceChildren(
      html`<tr>
        ${cells}
      </tr>`,
    );
    if (focused >= 0) this.head.querySelectorAll("button")[focused]?.focus();
  }

  turn(column) {
    const down = this.sort?.by === column.name ? !this.sort.down : false;
    this.sort = {by: column.name, down};
    this.options.onSort?.(this.sort);
    this.update(this.rows);
  }

  draw(force = false) {
    const {scrollTop, clientHeight} = this.scroller;
    const count = this.sorted.length;
    const from = Math.max(0, Math.floor(scrollTop / this.rowHeight) - OVERSCAN);
    const to = Math.min(count, Math.ceil((scrollTop + (clientHeight || 600)) / this.rowHeight) + OVERSCAN);
    if (!force && from === this.from && to === this.to) return;
    Object.assign(this, {from, to});
    this.top.firstElementChild.style.height = `${from * this.rowHeight}px`;
    this.bottom.firstElementChild.style.height = `${(count - to) * this.rowHeight}px`;
    this.body.replaceChildren(
      this.top,
      ...this.sorted.slice(from, to).map((row, i) => this.drawRow(row, from + i)),
      this.bottom,
    );
    this.none.replaceChildren(...(count === 0 && this.options.empty ? [this.options.empty()] : []));
    const there = this.active >= from && this.active < to;
    if (there) this.scroller.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
    else this.scroller.removeAttribute("aria-activedescendant");
    if (count > 0 && to === count) this.options.onMore?.();
  }

  drawRow(row, index) {
    const name = this.key(row);
    const isSelected = this.selected !== null && name === this.selected;
    return html`<tr
      id=${`${this.id}-${index}`}
      data-index=${index}
      aria-rowindex=${index + 2}
      style=${{height: `${this.rowHeight}px`}}
      aria-selected=${String(isSelected)}
      class=${index === this.active ? "is-active" : null}
    >
      ${this.columns.map((column) => html`<td class=${classes(column)}>${column.value(row)}</td>`)}
    </tr>`;
  }

  click(event) {
    const line = event.target.closest("tr[data-index]");
    if (!line || event.target.closest("a, button, input")) return;
    this.go(Number(line.dataset.index));
    this.options.onSelect?.(this.sorted[this.active]);
  }

  press(event) {
    if (event.target !== this.scroller || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.rowHeight) - 2);
    const last = this.sorted.length - 1;
    const steps = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active < 0 ? last : this.active - 1,
      PageDown: this.active + page,
      PageUp: this.active - page,
      Home: 0,
      End: last,
    };
    if (event.key in steps && last >= 0) {
      this.go(Math.min(last, Math.max(0, steps[event.key])));
    } else if (event.key === "Enter" && this.active >= 0) {
      this.options.onSelect?.(this.sorted[this.active]);
    } else {
      return;
    }
    event.preventDefault();
  }

  go(index) {
    this.active = index;
    const top = index * this.rowHeight;
    const {scrollTop, clientHeight} = this.scroller;
    const head = this.head.offsetHeight;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight - head)
      this.scroller.scrollTop = top + this.rowHeight - clientHeight + head;
    this.draw(true);
  }
}

// a column without a width takes what is left, and wants that much
const least = (columns) => `calc(${columns.map(({width}) => width ?? "11rem").join(" + ")})`;

const classes = ({align, hide}) =>
  [align && `align-${align}`, hide && `hide-${hide}`].filter(Boolean).join(" ") || null;

const collator = new Intl.Collator(undefined, {numeric: true, sensitivity: "base"});
const compare = (a, b) => (typeof a === "string" ? collator.compare(a, b) : a < b ? -1 : a > b ? 1 : 0);
