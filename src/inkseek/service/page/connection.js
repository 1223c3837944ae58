// @ts-check
/** The server gone: a banner, and attempts at growing distances until it is back. */

import { byId, counted } from "./dom.js";

const FIRST_WAIT = 1;
const LONGEST_WAIT = 16;

export class Connection {
  /** Called when the server answers again. */
  back = () => {};

  #banner = byId("offline");
  #text = byId("offline-text");
  #wait = 0;
  #timer = 0;

  constructor() {
    byId("offline-now").onclick = () => this.#attempt();
    addEventListener("online", () => this.#wait && this.#attempt());
  }

  /** A call got no answer. */
  lost() {
    if (this.#wait) return;
    this.#wait = FIRST_WAIT;
    this.#banner.hidden = false;
    this.#count(this.#wait);
  }

  /** @param {number} seconds */
  #count(seconds) {
    clearTimeout(this.#timer);
    this.#text.textContent = seconds ? `inkseek does not answer. Trying again in ${counted(seconds, "second")}.` : "inkseek does not answer. Trying again…";
    this.#timer = setTimeout(() => (seconds ? this.#count(seconds - 1) : this.#attempt()), seconds ? 1000 : 0);
  }

  async #attempt() {
    clearTimeout(this.#timer);
    const answers = await fetch("/healthz").then((response) => response.ok, () => false);
    if (!this.#wait) return;
    if (answers) {
      this.#wait = 0;
      this.#banner.hidden = true;
      this.back();
    } else {
      this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2);
      this.#count(this.#wait);
    }
  }
}
