// @ts-check
/** One photo, large: what is known of it, and what to do with it. */

import { picture, thumbnail } from "./api.js";
import { byId, element, size } from "./dom.js";

/** @typedef {import("./types.js").Result} Result */
/** @typedef {import("./types.js").Item} Item */

export class Detail {
  /** @type {(result: Result) => void} */
  similar = () => {};
  /** @type {(result: Result, url: string) => void} */
  trace = () => {};
  /** Told which photo was looked at last, when the dialog closes without an action. @type {(id: number) => void} */
  left = () => {};

  #api;
  #dialog = byId("detail", HTMLDialogElement);
  #photo = byId("detail-photo", HTMLImageElement);
  /** @type {Result[]} */
  #results = [];
  #at = 0;
  #gallery = "";
  #acted = false;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
    byId("detail-close").onclick = () => this.#dialog.close();
    byId("detail-previous").onclick = () => this.#step(-1);
    byId("detail-next").onclick = () => this.#step(1);
    byId("detail-similar").onclick = () => this.#act(() => this.similar(this.#result));
    byId("detail-trace").onclick = () => this.#act(() => this.trace(this.#result, picture(this.#result, this.#gallery)));
    this.#photo.onload = () => this.#photo.classList.add("loaded");
    this.#photo.onerror = () => this.#say("This photo cannot be shown; its file may have been moved since it was indexed.");
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#acted || this.left(this.#result.id));
  }

  /** @param {Result} result @param {Result[]} results to step through @param {string} gallery */
  open(result, results, gallery) {
    this.#results = results;
    this.#at = results.indexOf(result);
    this.#gallery = gallery;
    this.#acted = false;
    this.#show();
    this.#dialog.showModal();
  }

  get #result() {
    return this.#results[this.#at];
  }

  /** @param {() => void} act */
  #act(act) {
    this.#acted = true;
    this.#dialog.close();
    act();
  }

  /** @param {number} by */
  #step(by) {
    const target = this.#at + by;
    if (!this.#results[target]) return;
    this.#at = target;
    this.#show();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "ArrowLeft") this.#step(-1);
    if (event.key === "ArrowRight") this.#step(1);
  }

  #show() {
    const result = this.#result;
    byId("detail-name").textContent = result.name;
    byId("detail-rank").textContent = `${this.#at + 1} of ${this.#results.length}`;
    byId("detail-previous", HTMLButtonElement).disabled = this.#at === 0;
    byId("detail-next", HTMLButtonElement).disabled = this.#at === this.#results.length - 1;
    this.#say("");
    this.#photo.classList.remove("loaded");
    this.#photo.alt = result.name;
    this.#photo.width = result.width;
    this.#photo.height = result.height;
    // The thumbnail is in the browser already: it stands in until the picture has come.
    byId("detail-stage").style.backgroundImage = `url("${thumbnail(result, this.#gallery, 640)}")`;
    this.#photo.src = picture(result, this.#gallery);
    this.#facts(facts(result));
    this.#load(result);
  }

  /** @param {Result} result */
  async #load(result) {
    try {
      const item = await this.#api.call(`/v1/items/${result.id}?gallery=${encodeURIComponent(this.#gallery)}`);
      if (result === this.#result) this.#facts(facts(item));
    } catch {
      // The facts of the result stay; that the server is gone is said by the next search.
    }
  }

  /** @param {[string, string][]} rows */
  #facts(rows) {
    const shown = rows.filter(([, value]) => value);
    byId("detail-facts").replaceChildren(
      ...shown.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    );
  }

  /** @param {string} message */
  #say(message) {
    byId("detail-message").textContent = message;
  }
}

/** @param {Result | Item} photo @returns {[string, string][]} */
function facts(photo) {
  const known = "bytes" in photo ? photo : null;
  const date = known?.date ? new Date(`${known.date}T00:00`).toLocaleDateString("en", { dateStyle: "long" }) : "";
  return [
    ["Folder", photo.folder],
    ["Date", date],
    ["Size", `${photo.width} × ${photo.height}${known ? `, ${size(known.bytes)}` : ""}`],
    ["Class", photo.class?.replaceAll("_", " ") ?? ""],
    ["Tags", known?.tags.join(", ") ?? ""],
  ];
}
