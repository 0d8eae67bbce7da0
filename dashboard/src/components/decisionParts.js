// How decisions are shown: a line in a list, and the whole of one.
import {html} from "htl";
import {chip} from "./chip.js";
import {decide} from "./decide.js";
import {byUrgency, optionText, PENDING} from "./decisions.js";
import {to} from "./links.js";
import {empty} from "./states.js";
import {linked, plain} from "./text.js";
import {absolute, isPast, ticking} from "./time.js";

const isPending = ({decision_type, status}) => decision_type === "pending" && PENDING.includes(status);

/** Where a decision belongs. */
const places = ({topic, workplan}) => [
  workplan ? html`<a class="code" href=${to.workplan(workplan)}>${plain(workplan)}</a>` : null,
  topic ? html`<a href=${to.topic(topic)}>${plain(topic)}</a>` : null,
];

const chips = (row) => [
  chip("decision", row.status),
  isPending(row) && isPast(row.due_at) ? chip("mark", "overdue") : null,
];

const meaning = (row) =>
  row.status === "escalated"
    ? "alarm"
    : isPending(row) && isPast(row.due_at)
      ? "late"
      : isPending(row)
        ? "ask"
        : "done";

/** The address of the decision, keeping the filters. A plain click is taken in place. */
const opener = (row, state) => {
  const query = new URLSearchParams(location.search);
  query.set("code", row.code);
  return html`<a
    href=${`?${query}`}
    class="row-title"
    data-decision=${row.code}
    aria-current=${state.get().code === row.code ? "true" : null}
    ${{
      onclick: (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        state.set({code: row.code}, {push: true});
        document.getElementById("selected")?.focus({preventScroll: false});
      },
    }}
    ><bdi>${plain(row.title)}</bdi></a
  >`;
};

function line(row, state) {
  const pending = isPending(row);
  return html`<li
    class="decision"
    data-meaning=${meaning(row)}
    data-key=${`decision-${row.code}`}
    data-selected=${String(state.get().code === row.code)}
  >
    <p class="row">
      ${opener(row, state)}
      <span class="row-when"
        >${pending ? ticking(row.due_at, "due", "no date") : ticking(row.decided_at ?? row.updated_at)}</span
      >
    </p>
    ${
      pending
        ? row.context
          ? html`<p class="decision-text"><bdi>${plain(row.context)}</bdi></p>`
          : null
        : html`<p class="decision-text"><bdi>${plain(row.rationale ?? "no answer was given")}</bdi></p>`
    }
    ${pending && row.escalation_note ? html`<p class="decision-note"><bdi>${plain(row.escalation_note)}</bdi></p>` : null}
    <p class="meta">
      ${chips(row)}<span class="code">${plain(row.code)}</span>${places(row)}
      ${pending ? html`<span>asked ${ticking(row.created_at)}</span>` : null}
      ${!pending && row.decided_by ? html`<span>by <bdi>${plain(row.decided_by)}</bdi></span>` : null}
      ${pending && row.options.length ? html`<span>${row.options.length} options</span>` : null}
      ${pending ? answerButton(row, "is-small") : null}
    </p>
  </li>`;
}

const answerButton = (row, kind) =>
  html`<button
    type="button"
    class=${`button ${kind}`}
    aria-label=${`Answer ${plain(row.code)}`}
    ${{onclick: () => decide(row)}}
  >
    Answer
  </button>`;

/** What waits for an answer, escalated ones set off. */
export function pendingList(items, state) {
  if (items.length === 0) {
    return empty("Nothing waits for an answer", "Agents ask when they may not decide:", {
      calm: true,
      command: 'custodian decision add "Ship it?" --topic product --due 2026-12-01',
    });
  }
  const sorted = byUrgency(items);
  const parts = [
    ["Escalated", sorted.filter(({status}) => status === "escalated")],
    ["Open", sorted.filter(({status}) => status !== "escalated")],
  ].filter(([, rows]) => rows.length);
  return html`<div>
    ${parts.map(
      ([name, rows]) =>
        html`<section class="decision-part" data-key=${`part-${name}`} data-part=${name.toLowerCase()} aria-label=${name}>
          <h3>${name} <span class="count">${rows.length}</span></h3>
          <ul class="decisions">
            ${rows.map((row) => line(row, state))}
          </ul>
        </section>`,
    )}
  </div>`;
}

/** What was decided, the newest first; `more` loads the ones before. */
export function madeList({items, complete}, state, more) {
  if (items.length === 0)
    return empty("No decision was made yet", "An answer shows here, with its reason and by whom.");
  return html`<div>
    <ul class="decisions">
      ${items.map((row) => line(row, state))}
    </ul>
    ${complete ? null : html`<p class="more"><button type="button" class="button" ${{onclick: more}}>Show more</button></p>`}
  </div>`;
}

const fact = (word, value) =>
  value == null || value === ""
    ? null
    : html`<div>
        <dt>${word}</dt>
        <dd>${value}</dd>
      </div>`;

/** The whole of one: {row}, {missing: code}, or null. */
export function whole(found, state) {
  if (found === null) return empty("No decision is selected", "Choose one of the lists to read all of it.", {});
  if (found.missing) return empty("There is no such decision", plain(found.missing));
  const {row} = found;
  const pending = isPending(row);
  return html`<article class="whole" data-meaning=${meaning(row)} data-key=${`whole-${row.code}`}>
    <h3><bdi>${plain(row.title)}</bdi></h3>
    <p class="meta">${chips(row)}<span class="code">${plain(row.code)}</span>${places(row)}</p>
    ${row.escalation_note ? html`<p class="whole-note"><bdi>${plain(row.escalation_note)}</bdi></p>` : null}
    ${row.context ? html`<p class="prose">${linked(row.context)}</p>` : null}
    ${
      row.options.length
        ? html`<h4>Options</h4>
            <ol class="options">
              ${row.options.map((option) => html`<li><bdi>${plain(optionText(option))}</bdi></li>`)}
            </ol>`
        : null
    }
    ${
      row.rationale
        ? html`<h4>Answer</h4>
            <p class="prose">${linked(row.rationale)}</p>`
        : null
    }
    <dl class="facts">
      ${fact("Decided by", row.decided_by ? html`<bdi>${plain(row.decided_by)}</bdi>` : null)}
      ${fact("Decided", row.decided_at ? html`${ticking(row.decided_at)}, ${absolute(row.decided_at)}` : null)}
      ${fact("Due", row.due_at ? html`${pending ? html`${ticking(row.due_at, "due")}, ` : null}${absolute(row.due_at)}` : null)}
      ${fact("Asked", html`${ticking(row.created_at)}, ${absolute(row.created_at)}`)}
      ${fact("Superseded by", row.superseded_by ? html`<a href=${to.decision(row.superseded_by)}>${plain(row.superseded_by)}</a>` : null)}
      ${fact("Labels", row.labels?.length ? row.labels.map(plain).join(", ") : null)}
    </dl>
    <p class="whole-buttons">
      ${pending ? answerButton(row, "is-main") : null}
      <button type="button" class="button" ${{onclick: () => close(row, state)}}>Close</button>
    </p>
  </article>`;
}

function close(row, state) {
  state.set({code: null}, {push: true});
  document.querySelector(`[data-decision="${CSS.escape(row.code)}"]`)?.focus();
}
