// Text from the hub is text: nothing in it becomes markup, script, or a trick of direction.
import {html} from "htl";

// control characters, and those that hide or turn what stands beside them
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\udb40[\udc00-\udfff]/g;
const URLS = /\bhttps?:\/\/[^\s<>"'`{}|\\^]+[^\s<>"'`{}|\\^.,;:!?)\]]/g;

/** A value as text that shows what it is; "" for null. */
export function plain(value) {
  return value == null ? "" : String(value).replace(HIDDEN, "");
}

/** The address, if it may be a link's: http or https, or of this origin; else null. */
export function safeHref(href) {
  const text = plain(href).trim();
  if (/^\/(?!\/)/.test(text)) return text;
  try {
    return ["http:", "https:"].includes(new URL(text).protocol) ? text : null;
  } catch {
    return null;
  }
}

/** A link, or plain text where the address may not be one. */
export function link(href, content, {className = "", title = null} = {}) {
  const safe = safeHref(href);
  if (safe === null) return html`<span class=${className}>${content}</span>`;
  return safe.startsWith("/")
    ? html`<a class=${className} title=${title} href=${safe}>${content}</a>`
    : html`<a class=${className} title=${title} href=${safe} target="_blank" rel="noopener noreferrer nofollow"
        >${content}</a
      >`;
}

/** Text as nodes, in which what looks like an http(s) address is a link. */
export function linked(value) {
  const text = plain(value);
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(URLS)) {
    parts.push(text.slice(end, found.index), link(found[0], found[0]));
    end = found.index + found[0].length;
  }
  return html`<span>${[...parts, text.slice(end)]}</span>`;
}

/** What is left of a task's code once its plan's is taken away: "T03"; else the whole. */
export function tail(code, plan) {
  const prefix = `${plan}-`;
  return code.toLowerCase().startsWith(prefix.toLowerCase()) ? code.slice(prefix.length) : code;
}
