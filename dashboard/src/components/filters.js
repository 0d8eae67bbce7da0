// A bar of filters that is bound to the address.
import {html} from "htl";
import {chip} from "./chip.js";
import {morph} from "./morph.js";
import {plain} from "./text.js";

const TYPING_MS = 200;

/**
 * A form of filters over a urlState(). `fields`: [{name, label, type, kind, choices}]; type is "text", "one" (a select),
 * "any" (a field to type in that offers its choices) or "some" (chips to switch; `kind` is whose statuses they are).
 * `choices` are values, or [value, label] pairs. `update({name: choices})` offers others, and keeps what is chosen, even what
 * is not among them. The state's onChange() tells of a change; the back button takes one back.
 */
export function filters(fields, state, {label = "Filters"} = {}) {
  const form = html`<form
    class="filters"
    role="search"
    aria-label=${label}
    data-own=${label}
    ${{onsubmit: (event) => event.preventDefault()}}
  ></form>`;
  let offered = Object.fromEntries(fields.map(({name, choices = []}) => [name, choices]));
  const draw = () => {
    const now = state.get();
    const body = html`<div class="filters-fields">
      ${fields.map((field) => DRAWN[field.type](field, offered[field.name], now[field.name], state))}
      <button
        type="button"
        class="filters-clear"
        hidden=${!isSet(fields, now)}
        ${{onclick: () => state.set(nothing(fields), {push: true})}}
      >
        Clear
      </button>
    </div>`;
    morph(form, body);
    // a value that was set, not typed: morphing changes attributes only
    for (const field of fields) {
      const input = form.elements[field.name];
      if (field.type !== "some" && input && !input.isAhead) input.value = now[field.name] ?? "";
    }
  };
  state.onChange(draw);
  draw();
  form.update = (choices) => {
    offered = {...offered, ...choices};
    draw();
    return form;
  };
  return form;
}

const nothing = (fields) => Object.fromEntries(fields.map(({name, type}) => [name, type === "some" ? [] : null]));
const isSet = (fields, now) =>
  fields.some(
    ({name, type}) => type !== "switch" && (Array.isArray(now[name]) ? now[name].length > 0 : Boolean(now[name])),
  );
const pair = (choice) => (Array.isArray(choice) ? choice : [choice, choice]);

const DRAWN = {
  text({name, label}, _choices, value, state) {
    const typed = ({target}) => {
      target.isAhead = true; // of the address: a rendering meanwhile takes nothing back
      clearTimeout(target.timer);
      target.timer = setTimeout(() => {
        target.isAhead = false;
        // one step back for all that was typed without leaving the field
        state.set({[name]: target.value || null}, {push: !target.typing});
        target.typing = true;
      }, TYPING_MS);
    };
    return html`<label class="field"
      ><span>${label}</span><input type="search" name=${name} value=${value ?? ""} ${{oninput: typed}}
      ${{onfocus: ({target}) => (target.typing = false)}} maxlength="500" autocomplete="off"
    /></label>`;
  },
  any({name, label}, choices, value, state) {
    const take = (target) => {
      target.isAhead = false;
      if (target.value !== (state.get()[name] ?? "")) state.set({[name]: target.value || null}, {push: true});
    };
    const known = new Set(choices);
    const typed = ({target}) => {
      target.isAhead = true;
      if (target.value === "" || known.has(target.value)) take(target);
    };
    const list = `choices-${name}`;
    return html`<label class="field"
      ><span>${label}</span
      ><input
        type="search"
        name=${name}
        value=${value ?? ""}
        list=${list}
        ${{oninput: typed}}
        ${{onchange: ({target}) => take(target)}}
        maxlength="200"
        autocomplete="off"
      /><datalist id=${list}>${choices.map((one) => html`<option value=${plain(one)}></option>`)}</datalist></label
    >`;
  },
  date({name, label}, _choices, value, state) {
    const chosen = (event) => state.set({[name]: event.target.value || null}, {push: true});
    return html`<label class="field"
      ><span>${label}</span><input type="date" name=${name} value=${value ?? ""} ${{onchange: chosen}}
    /></label>`;
  },
  // one of its choices always holds
  switch({name, label}, choices, value, state) {
    return html`<fieldset class="field is-switch">
      <legend class="visually-hidden">${label}</legend>
      <span class="toggles"
        >${choices.map(pair).map(
          ([one, text]) =>
            html`<button type="button" aria-pressed=${String(value === one)} ${{onclick: () => state.set({[name]: one}, {push: true})}}>
                ${plain(text)}
              </button>`,
        )}</span
      >
    </fieldset>`;
  },
  one({name, label}, choices, value, state) {
    const all = choices.map(pair);
    if (value && !all.some(([one]) => one === value)) all.unshift([value, value]);
    return html`<label class="field"
      ><span>${label}</span
      ><select name=${name} ${{onchange: (event) => state.set({[name]: event.target.value || null}, {push: true})}}>
        <option value="">all</option>
        ${all.map(([one, text]) => html`<option value=${one} selected=${one === value}>${plain(text)}</option>`)}
      </select></label
    >`;
  },
  some({name, label, kind}, choices, values, state) {
    if (choices.length === 0) return null;
    const flip = (one) => () => {
      const chosen = state.get()[name];
      const next = chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one];
      state.set({[name]: next}, {push: true});
    };
    return html`<fieldset class="field">
      <legend>${label}</legend>
      <span class="toggles"
        >${choices.map(pair).map(
          ([one, text]) =>
            html`<button type="button" aria-pressed=${String(values.includes(one))} ${{onclick: flip(one)}}>
                ${kind ? chip(kind, one, {quiet: true}) : plain(text)}
              </button>`,
        )}</span
      >
    </fieldset>`;
  },
};
