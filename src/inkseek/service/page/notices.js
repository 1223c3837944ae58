// @ts-check
/** Short messages: one sentence each, said aloud and dismissable. */

import { button, byId, element, icon } from "./dom.js";

const STAYS = 9000;

/** Say what went wrong, or what happened. @param {string} message @param {"error" | "news"} [kind] */
export function notify(message, kind = "error") {
  const place = byId("notices");
  const same = [...place.children].find((notice) => notice.textContent === message);
  same?.remove();
  const notice = element("div", { className: `notice ${kind}` }, icon(kind === "error" ? "warning" : "check"), element("p", {}, message));
  notice.append(button("bare", "Dismiss", () => notice.remove(), icon("close")));
  place.append(notice);
  setTimeout(() => notice.remove(), STAYS);
}

/** The line above the photos; screen readers hear it only once it rests. */
export class Status {
  #line = byId("status");
  #spoken = byId("spoken");
  #busy = 0;
  #quiet = 0;

  /** @param {string} text @param {string} [spoken] */
  say(text, spoken = text) {
    this.#line.textContent = text;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => (this.#spoken.textContent = spoken), 700);
  }

  /** Show that a search is under way, unless it is over before anyone would notice. @param {boolean} busy */
  busy(busy) {
    clearTimeout(this.#busy);
    const mark = () => byId("busy").classList.toggle("on", busy);
    if (busy) this.#busy = setTimeout(mark, 350);
    else mark();
  }
}
