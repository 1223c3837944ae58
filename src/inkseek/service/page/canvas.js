// @ts-check
/** Paints the drawing: lines of one width, sharp on every display, in the colour of the theme. */

import { UNITS } from "./geometry.js";

/** @typedef {import("./types.js").Stroke} Stroke */

export class Canvas {
  #element;
  #drawing;
  #context;
  /** @type {WeakMap<Stroke, {points: number, path: Path2D}>} */
  #paths = new WeakMap();
  #waiting = false;

  /** Width of a line in canvas units: as thick as the encoder sees it where the ink fills the canvas. */
  lineWidth = 14;

  /** @param {HTMLCanvasElement} element @param {import("./drawing.js").Drawing} drawing */
  constructor(element, drawing) {
    this.#element = element;
    this.#drawing = drawing;
    this.#context = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
    drawing.addEventListener("change", () => this.paint());
    new ResizeObserver(() => this.#fit()).observe(element);
  }

  /** Paint before the next frame. */
  paint() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#paintNow();
    });
  }

  #fit() {
    const side = Math.round(this.#element.clientWidth * devicePixelRatio);
    if (this.#element.width === side) return;
    this.#element.width = this.#element.height = side;
    this.#paintNow();
  }

  #paintNow() {
    const context = this.#context;
    const scale = this.#element.width / UNITS;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#element.width, this.#element.height);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.lineWidth = this.lineWidth;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = getComputedStyle(this.#element).color;
    for (const stroke of this.#drawing.strokes) context.stroke(this.#path(stroke));
  }

  /** @param {Stroke} stroke */
  #path(stroke) {
    const known = this.#paths.get(stroke);
    if (known?.points === stroke.length) return known.path;
    const path = smooth(stroke);
    this.#paths.set(stroke, { points: stroke.length, path });
    return path;
  }
}

/** A stroke as curves through the middles of its lines; one point alone is a dot. @param {Stroke} stroke */
function smooth(stroke) {
  const path = new Path2D();
  const [first] = stroke;
  const last = stroke[stroke.length - 1];
  path.moveTo(first[0], first[1]);
  for (let at = 1; at < stroke.length - 1; at++) {
    const [x, y] = stroke[at];
    const [nextX, nextY] = stroke[at + 1];
    path.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  path.lineTo(last[0], last[1]);
  return path;
}
