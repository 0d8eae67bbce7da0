// A form in a dialog, for what changes something. The focus goes in, and back to where it was.
import {html} from "htl";
import {send} from "./api.js";
import {morph} from "./morph.js";
import {myName, rememberName} from "./me.js";
import {plain} from "./text.js";

let dialogs = 0;

/**
 * Open a form. `title`; `body`: nodes; `submit`: the button's word, `danger` for what takes something away;
 * `request(form data)`: {path, document, version, name} to send, or a text that says what is missing; `refused(error)`: nodes
 * (or a promise of such) that say what is there now, null when the error's own words are enough. Resolves with the answer, null
 * when nothing was done. What is sent twice with the same words is done once.
 */
export function ask({title, body, submit, danger = false, request, refused = () => null}) {
  const id = `dialog-${++dialogs}`;
  const before = document.activeElement;
  const keys = new Map(); // what was sent → its idempotency key
  let sending = false;
  return new Promise((resolve) => {
    let answer = null;
    const note = html`<div class="dialog-note" role="alert"></div>`;
    const button = html`<button class=${`button is-main${danger ? " is-danger" : ""}`}>${submit}</button>`;
    const close = () => dialog.close();
    const form = html`<form method="dialog" ${{onsubmit: (event) => (event.preventDefault(), act())}}>
      <h2 id=${id}><bdi>${title}</bdi></h2>
      ${body}
      <label class="field"
        ><span>Your name</span
        ><input name="name" value=${myName()} required maxlength="200" autocomplete="name" /></label
      >${note}
      <p class="dialog-buttons"><button type="button" class="button" ${{onclick: close}}>Cancel</button>${button}</p>
    </form>`;
    const dialog = html`<dialog class="dialog" aria-labelledby=${id}>${form}</dialog>`;
    const say = (what) => morph(note, html`<div>${what}</div>`);

    async function act() {
      if (sending) return;
      const data = Object.fromEntries(new FormData(form));
      const name = data.name.trim();
      const asked = name ? request({...data, name}) : "Your name is needed: it stands beside what you do.";
      if (typeof asked === "string") return void say(asked);
      sending = true;
      button.disabled = true;
      const same = JSON.stringify(asked);
      if (!keys.has(same)) keys.set(same, newKey());
      try {
        const {path, document: sent, version} = asked;
        answer = await send(path, sent, {version, key: keys.get(same), author: name});
        rememberName(name);
        dialog.close();
      } catch (error) {
        say(plain(error.message));
        const now = await Promise.resolve(refused(error)).catch(() => null);
        if (now) say(now);
      }
      sending = false;
      button.disabled = false;
    }

    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before?.isConnected) before.focus();
      else document.querySelector("h1")?.focus();
      resolve(answer);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
    (form.querySelector("[autofocus]") ?? form.querySelector("input, textarea, button")).focus();
  });
}

/** A key that nobody else has; randomUUID() is there on a safe origin only. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
