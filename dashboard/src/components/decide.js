// Answer a pending decision: one of its options, or one's own words. What has changed meanwhile is shown, and not overwritten.
import {html} from "htl";
import {api} from "./api.js";
import {changesOf, optionText, rationaleOf} from "./decisions.js";
import {ask} from "./dialog.js";
import {plain} from "./text.js";

/** Ask for the answer to `row`. Resolves with the decision, made, or null. */
export function decide(row) {
  let read = row; // what the person has seen: that version is answered, and no later one
  const options = row.options.map((option) => plain(optionText(option)));
  const path = `/decisions/${encodeURIComponent(row.code)}`;
  const choice = (value, text, first) =>
    html`<label class="choice"
      ><input type="radio" name="choice" value=${value} autofocus=${first} /> <bdi>${text}</bdi></label
    >`;
  const body = html`<div>
    ${row.context ? html`<p class="dialog-context"><bdi>${plain(row.context)}</bdi></p>` : null}
    ${
      options.length
        ? html`<fieldset class="choices">
            <legend>Answer</legend>
            ${options.map((text, i) => choice(String(i), text, i === 0))}${choice("", "in my own words", false)}
          </fieldset>`
        : null
    }
    <label class="field"
      ><span>${options.length ? "Why, or your own words" : "Answer, and why"}</span
      ><textarea name="words" rows="4" maxlength="20000" autofocus=${options.length === 0}></textarea></label
    >
  </div>`;
  return ask({
    title: plain(row.title),
    body,
    submit: "Answer",
    request({choice: chosen, words, name}) {
      const rationale = rationaleOf(chosen ? options[Number(chosen)] : "", words);
      if (!rationale) return options.length ? "Choose an option, or say it in your own words." : "An answer is needed.";
      return {path: `${path}/resolve`, document: {rationale, decided_by: name}, version: read.version};
    },
    async refused(error) {
      if (error.status !== 409 && error.status !== 412) return null;
      const now = await api(path);
      if (now.decision_type === "made") {
        return html`<p>
          <b>It was answered meanwhile,</b> by <bdi>${plain(now.decided_by)}</bdi>: <bdi>${plain(now.rationale)}</bdi>
          Nothing of yours was written.
        </p>`;
      }
      const changes = changesOf(read, now);
      read = now;
      return html`<div>
        <p><b>It was changed while you read it.</b> Nothing was written. This is how it stands now:</p>
        <ul>
          ${changes.map(([word, text]) => html`<li>${word}: <bdi>${plain(text)}</bdi></li>`)}
          ${changes.length ? null : html`<li>as you see it above, in all that is shown here</li>`}
        </ul>
        <p>If your answer still holds, send it again.</p>
      </div>`;
    },
  });
}
