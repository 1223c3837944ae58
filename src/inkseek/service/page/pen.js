// @ts-check
/** From pointer events to strokes: pen, finger, mouse, and the eraser. */

import { UNITS, tenth, touches } from "./geometry.js";

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Stroke} Stroke */

/** How near to a line the eraser takes its stroke away, in canvas units. */
const REACH = 18;

/** How long after a pen was lifted a touch is still taken for the palm, in milliseconds. */
const PALM = 600;

/** Bit of `buttons` that the other end of a pen sets. */
const ERASER_END = 32;

export class Pen {
  /** @type {"pen" | "eraser"} */
  tool = "pen";
  /** @type {import("./types.js").Limits | null} */
  limits = null;
  /** Called when a drawing holds as much as the server takes. */
  full = () => {};
  /** Called when a pointer comes down to draw. */
  started = () => {};

  #canvas;
  #drawing;
  /** @type {{id: number, type: string, erases: boolean, box: DOMRect, base: readonly Stroke[], line: Point[]} | null} */
  #gesture = null;
  #began = 0;
  #penSeen = -Infinity;

  /** @param {HTMLCanvasElement} canvas @param {import("./drawing.js").Drawing} drawing */
  constructor(canvas, drawing) {
    this.#canvas = canvas;
    this.#drawing = drawing;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    // A finger that rests before it draws is no call for a menu, which would end the stroke.
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const isPen = event.pointerType === "pen";
    if (isPen) this.#penSeen = event.timeStamp;
    if (isPen && this.#gesture?.type === "touch") this.#drop();
    const palm = event.pointerType === "touch" && event.timeStamp - this.#penSeen < PALM;
    const erases = this.tool === "eraser" || (event.buttons & ERASER_END) > 0;
    if (this.#gesture || palm || !(event.button === 0 || erases)) return;
    event.preventDefault();
    this.started();
    if (!erases && !this.#takes(1)) return this.full();
    this.#canvas.setPointerCapture(event.pointerId);
    if (this.#drawing.empty) this.#began = event.timeStamp;
    const box = this.#canvas.getBoundingClientRect();
    this.#gesture = { id: event.pointerId, type: event.pointerType, erases, box, base: this.#drawing.strokes, line: [] };
    this.#add([event]);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerType === "pen" && event.buttons) this.#penSeen = event.timeStamp;
    if (event.pointerId !== this.#gesture?.id) return;
    // Browsers keep these from pages that came over plain HTTP from another machine.
    const events = event.getCoalescedEvents?.() ?? [];
    this.#add(events.length ? events : [event]);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (event.pointerType === "pen") this.#penSeen = event.timeStamp;
    if (event.pointerId !== this.#gesture?.id) return;
    this.#add([event]);
    this.#gesture = null;
    this.#drawing.settle();
  }

  /** @param {PointerEvent} event */
  #cancel(event) {
    if (event.pointerId === this.#gesture?.id) this.#drop();
  }

  #drop() {
    this.#gesture = null;
    this.#drawing.abandon();
  }

  /** @param {PointerEvent[]} events */
  #add(events) {
    for (const event of events) this.#addPoint(this.#point(event));
  }

  /** @param {Point} point */
  #addPoint(point) {
    if (!this.#gesture) return;
    const { base, line, erases } = this.#gesture;
    const last = line[line.length - 1];
    if (last && last[0] === point[0] && last[1] === point[1]) return;
    if (erases) {
      line.push(point);
      this.#drawing.show(this.#drawing.strokes.filter((stroke) => !touches(stroke, last ?? point, point, REACH)));
    } else if (this.#takes(0)) {
      line.push(point);
      this.#drawing.show([...base, line]);
    }
  }

  /** Where the pointer is on the canvas, when, and how hard it presses; a mouse knows no pressure. @param {PointerEvent} event @returns {Point} */
  #point(event) {
    const { left, top, width } = /** @type {{box: DOMRect}} */ (this.#gesture).box;
    const place = (/** @type {number} */ pixels) => tenth(Math.min(UNITS, Math.max(0, (pixels / width) * UNITS)));
    const point = [place(event.clientX - left), place(event.clientY - top), Math.max(0, Math.round(event.timeStamp - this.#began))];
    return event.pointerType === "mouse" ? point : [...point, Math.round(event.pressure * 1e3) / 1e3];
  }

  /** Whether the server takes one point more, in so many new strokes. @param {number} strokes */
  #takes(strokes) {
    if (!this.limits) return true;
    return this.#drawing.strokes.length + strokes <= this.limits.strokes && this.#drawing.points < this.limits.points;
  }
}
