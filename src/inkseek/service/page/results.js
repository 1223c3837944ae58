// @ts-check
/** The grid of found photos: an element a photo, kept while answers change around it. */

import { thumbnail } from "./api.js";
import { element, stillness } from "./dom.js";

/** @typedef {import("./types.js").Result} Result */

/** Elements kept for photos that left the grid, so that they come back without loading. */
const KEPT = 400;

const MOVE = { duration: 220, easing: "cubic-bezier(.2, .7, .2, 1)" };
const SIDES = [160, 320, 640];

export class Results {
  #grid;
  #open;
  /** @type {Map<string, HTMLLIElement>} */
  #tiles = new Map();
  /** @type {Result[]} */
  shown = [];

  /** @param {HTMLElement} grid @param {(result: Result) => void} open */
  constructor(grid, open) {
    this.#grid = grid;
    this.#open = open;
  }

  /** Show an answer's photos; those that were there before move to their new place. @param {import("./types.js").Answer} answer */
  show(answer) {
    const before = this.#places();
    const tiles = answer.results.map((result) => this.#tile(result, answer.gallery));
    const focused = document.activeElement;
    this.#arrange(tiles);
    if (focused instanceof HTMLElement && this.#grid.contains(focused)) focused.focus({ preventScroll: true });
    this.shown = answer.results;
    if (!stillness.matches) this.#animate(tiles, before);
    this.#forget();
  }

  clear() {
    this.#grid.replaceChildren();
    this.shown = [];
  }

  /** @param {number} id of a photo whose tile is to have the focus */
  focus(id) {
    this.#grid.querySelector(`[data-id="${id}"]`)?.querySelector("button")?.focus({ preventScroll: false });
  }

  #places() {
    const children = /** @type {HTMLElement[]} */ ([...this.#grid.children]);
    return new Map(children.map((tile) => [tile, tile.getBoundingClientRect()]));
  }

  /** @param {HTMLElement[]} tiles */
  #arrange(tiles) {
    const staying = new Set(tiles);
    for (const tile of [...this.#grid.children]) if (!staying.has(/** @type {HTMLElement} */ (tile))) tile.remove();
    tiles.forEach((tile, at) => {
      if (this.#grid.children[at] !== tile) this.#grid.insertBefore(tile, this.#grid.children[at] ?? null);
    });
  }

  /** @param {HTMLElement[]} tiles @param {Map<HTMLElement, DOMRect>} before */
  #animate(tiles, before) {
    const after = tiles.map((tile) => tile.getBoundingClientRect());
    tiles.forEach((tile, at) => {
      const old = before.get(tile);
      if (after[at].top > innerHeight) return;
      if (!old) tile.animate({ opacity: [0, 1] }, MOVE);
      else if (old.left !== after[at].left || old.top !== after[at].top) {
        const from = `translate(${old.left - after[at].left}px, ${old.top - after[at].top}px)`;
        tile.animate({ transform: [from, "none"] }, MOVE);
      }
    });
  }

  /** @param {Result} result @param {string} gallery */
  #tile(result, gallery) {
    const key = `${gallery}/${result.id}`;
    const tile = this.#tiles.get(key) ?? this.#newTile(result, gallery);
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
    const control = /** @type {HTMLButtonElement} */ (tile.firstElementChild);
    control.setAttribute("aria-label", `${result.rank}: ${result.name}`);
    control.onclick = () => this.#open(result);
    return tile;
  }

  /** @param {Result} result @param {string} gallery */
  #newTile(result, gallery) {
    const sources = SIDES.map((side) => `${thumbnail(result, gallery, side)} ${side}w`);
    const photo = element("img", { alt: "", draggable: false, decoding: "async" });
    photo.onload = () => photo.classList.add("loaded");
    photo.onerror = () => photo.closest("li")?.classList.add("broken");
    photo.sizes = "(min-width: 150rem) 20rem, (min-width: 60rem) 14rem, 33vw";
    photo.srcset = sources.join(", ");
    const control = element("button", { type: "button", className: "tile" }, photo, element("span", {}, result.name));
    const tile = element("li", {}, control);
    tile.dataset.id = String(result.id);
    return tile;
  }

  #forget() {
    for (const [key, tile] of this.#tiles) {
      if (this.#tiles.size <= KEPT) break;
      if (!tile.isConnected) this.#tiles.delete(key);
    }
  }
}
