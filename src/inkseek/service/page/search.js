// @ts-check
/** Live search: one call under way, the newest query waits, older ones are forgotten. */

import { ApiError } from "./api.js";

/** @typedef {import("./types.js").Request} Request */
/** @typedef {import("./types.js").Answer} Answer */

/** Least time between the starts of two searches while a stroke is drawn, in milliseconds. */
const PAUSE = 60;

/** Wait before a busy server is asked again, where it does not say how long, in seconds. */
const BUSY_WAIT = 2;

export class LiveSearch {
  /** @type {(answer: Answer, request: Request) => void} */
  answered = () => {};
  /** @type {(error: ApiError) => void} */
  failed = () => {};
  /** Told when a search begins and when nothing more is asked. @type {(busy: boolean) => void} */
  busy = () => {};

  #api;
  /** @type {Request | null} */
  #waiting = null;
  /** @type {Request | null} */
  #last = null;
  /** @type {AbortController | null} */
  #underway = null;
  #timer = 0;
  #sequence = 0;
  #started = -Infinity;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** Search; while another search is under way only the newest query waits for its turn. @param {Request} request */
  ask(request) {
    this.#waiting = this.#last = request;
    if (!this.#underway) this.#schedule(PAUSE - (performance.now() - this.#started));
  }

  /** Ask the last query again, if there is one: the server is back, or photos were added. */
  again() {
    if (this.#last) this.ask(this.#last);
  }

  /** Forget the query; an answer that still comes is dropped. */
  cancel() {
    this.#sequence += 1;
    this.#waiting = this.#last = null;
    clearTimeout(this.#timer);
    this.#underway?.abort();
    this.#underway = null;
    this.busy(false);
  }

  /** @param {number} milliseconds */
  #schedule(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), Math.max(0, milliseconds));
  }

  async #next() {
    const request = this.#waiting;
    if (!request || this.#underway) return;
    this.#waiting = null;
    this.#started = performance.now();
    const sequence = ++this.#sequence;
    const control = (this.#underway = new AbortController());
    this.busy(true);
    try {
      const answer = await this.#api.call(request.path, { method: "POST", body: request.body, signal: control.signal });
      if (sequence === this.#sequence) this.answered(answer, request);
    } catch (error) {
      if (sequence === this.#sequence) this.#fail(error);
    }
    if (sequence !== this.#sequence) return;
    this.#underway = null;
    if (this.#waiting) this.#schedule(PAUSE - (performance.now() - this.#started));
    else this.busy(false);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.passing && error.code !== "offline") {
      this.#waiting ??= this.#last;
      this.#started = performance.now() + 1e3 * (error.seconds ?? BUSY_WAIT) - PAUSE;
    }
    this.failed(error);
  }
}
