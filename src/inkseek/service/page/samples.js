// @ts-check
/** Sample drawings: small pictures to choose from, and their replay onto the canvas. */

import { button, element, stillness, strokePicture } from "./dom.js";
import { centred } from "./geometry.js";

/** @typedef {import("./types.js").Sample} Sample */
/** @typedef {import("./types.js").Stroke} Stroke */

/** How long a replay takes, in milliseconds. */
const REPLAY = 700;

/** Share of the canvas that a sample takes. */
const SHARE = 0.8;

/**
 * The samples as buttons.
 *
 * @param {readonly Sample[]} samples
 * @param {(strokes: Stroke[]) => void} choose
 */
export function sampleList(samples, choose) {
  return samples.map((sample) => {
    const strokes = centred(sample.strokes, SHARE);
    const name = sample.name.replaceAll("_", " ");
    const card = button("sample", `Start from the ${name}`, () => choose(strokes), strokePicture(strokes), element("span", {}, name));
    return element("li", {}, card);
  });
}

/** Draws strokes onto the drawing one after the other, as one step for undo. */
export class Replay {
  #drawing;
  #frame = 0;
  /** @type {readonly Stroke[] | null} */
  #strokes = null;

  /** @param {import("./drawing.js").Drawing} drawing */
  constructor(drawing) {
    this.#drawing = drawing;
  }

  /** @param {readonly Stroke[]} strokes */
  start(strokes) {
    this.finish();
    this.#strokes = strokes;
    if (stillness.matches) return this.finish();
    const points = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
    const began = performance.now();
    const step = (/** @type {number} */ now) => {
      const share = Math.max(0, now - began) / REPLAY;
      if (share >= 1) return this.finish();
      this.#drawing.show(firstPoints(strokes, Math.ceil(points * share)));
      this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  /** Put down at once what is left of a replay, as when a person begins to draw. */
  finish() {
    if (!this.#strokes) return;
    cancelAnimationFrame(this.#frame);
    this.#drawing.show(this.#strokes);
    this.#drawing.settle();
    this.#strokes = null;
  }
}

/** @param {readonly Stroke[]} strokes @param {number} points */
function firstPoints(strokes, points) {
  /** @type {Stroke[]} */
  const shown = [];
  let left = points;
  for (const stroke of strokes) {
    if (left <= 0) break;
    shown.push(left < stroke.length ? stroke.slice(0, left) : stroke);
    left -= stroke.length;
  }
  return shown;
}
