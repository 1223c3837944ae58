// @ts-check
/** The drawing: strokes in the order they were drawn, with undo and redo. */

/** @typedef {import("./types.js").Stroke} Stroke */

/** Tells of every change by a `change` event, also of a stroke that is still being drawn. */
export class Drawing extends EventTarget {
  /** @type {readonly Stroke[]} */
  #settled = [];
  /** @type {readonly Stroke[] | null} */
  #draft = null;
  /** @type {(readonly Stroke[])[]} */
  #past = [];
  /** @type {(readonly Stroke[])[]} */
  #future = [];

  /** What is on the canvas, a stroke still being drawn included. */
  get strokes() {
    return this.#draft ?? this.#settled;
  }

  get empty() {
    return this.strokes.length === 0;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  get points() {
    return this.strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  }

  /** Show strokes that pen, eraser or replay are still busy with. @param {readonly Stroke[]} strokes */
  show(strokes) {
    this.#draft = strokes;
    this.#changed();
  }

  /** Make what is shown one step that undo takes back. */
  settle() {
    const draft = this.#draft;
    this.#draft = null;
    if (draft) this.#step(draft);
  }

  /** Go back to what was settled, as when a palm came before the pen. */
  abandon() {
    if (!this.#draft) return;
    this.#draft = null;
    this.#changed();
  }

  clear() {
    this.#draft = null;
    this.#step([]);
  }

  undo() {
    this.#draft = null;
    this.#settled = this.#walk(this.#past, this.#future);
    this.#changed();
  }

  redo() {
    this.#draft = null;
    this.#settled = this.#walk(this.#future, this.#past);
    this.#changed();
  }

  /** @param {readonly Stroke[]} strokes */
  #step(strokes) {
    const same = strokes.length === this.#settled.length && strokes.every((stroke, at) => stroke === this.#settled[at]);
    if (!same) {
      this.#past.push(this.#settled);
      this.#future = [];
      this.#settled = strokes;
    }
    this.#changed();
  }

  /** @param {(readonly Stroke[])[]} from @param {(readonly Stroke[])[]} to */
  #walk(from, to) {
    const target = from.pop();
    if (!target) return this.#settled;
    to.push(this.#settled);
    return target;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
