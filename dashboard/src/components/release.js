// Take a claim away: from a holder that has died, or from one that still works. The task is ready again.
import {html} from "htl";
import {author} from "./author.js";
import {ask} from "./dialog.js";
import {plain} from "./text.js";
import {isPast, ticking} from "./time.js";

/** Ask whether the claim of a row of /tasks/claims is to be taken away; that claim, and no later one. */
export function release(claim) {
  const over = isPast(claim.lease_expires_at);
  const body = html`<div>
    <p>
      ${author(claim.claimed_by, "agent")} holds <span class="code">${plain(claim.task)}</span>,
      <bdi>${plain(claim.title)}</bdi>; its lease ${over ? null : html`still runs: `}${ticking(claim.lease_expires_at, "lease")}.
    </p>
    <p>
      ${
        over
          ? "The task becomes ready, and anybody may take it."
          : "Whoever works on it now cannot finish it under this claim, and the task may be given to somebody else."
      }
    </p>
    <label class="field"><span>Reason</span><input name="reason" maxlength="500" autofocus /></label>
  </div>`;
  return ask({
    title: "Take this claim away?",
    body,
    submit: "Take it away",
    danger: true,
    request: ({reason, name}) => ({
      path: `/tasks/${encodeURIComponent(claim.task)}/release`,
      document: {
        agent: name,
        claim_seq: claim.claim_seq,
        force: true,
        ...(reason.trim() ? {reason: reason.trim()} : {}),
      },
    }),
  });
}
