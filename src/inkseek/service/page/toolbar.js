// @ts-check
/** The drawing tools: buttons and keys. */

import { byId } from "./dom.js";

/** @typedef {{id: string, keys: string[], act: () => void}} Tool */

export class Toolbar {
  #drawing;
  #pen;
  /** @type {Map<string, () => void>} */
  #acts = new Map();

  /**
   * @param {import("./drawing.js").Drawing} drawing
   * @param {import("./pen.js").Pen} pen
   * @param {{add: () => void, help: () => void}} others
   */
  constructor(drawing, pen, { add, help }) {
    this.#drawing = drawing;
    this.#pen = pen;
    this.#bind("pen", ["p"], () => this.#choose("pen"));
    this.#bind("eraser", ["e"], () => this.#choose("eraser"));
    this.#bind("undo", ["ctrl+z"], () => drawing.undo());
    this.#bind("redo", ["ctrl+shift+z", "ctrl+y"], () => drawing.redo());
    this.#bind("clear", ["delete", "backspace"], () => drawing.clear());
    this.#bind("add", ["u"], add);
    this.#bind("help", ["?"], help);
    drawing.addEventListener("change", () => this.#update());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#update();
  }

  /** @param {string} id @param {string[]} keys @param {() => void} act */
  #bind(id, keys, act) {
    const control = byId(id, HTMLButtonElement);
    const allowed = () => control.disabled || act();
    control.addEventListener("click", act);
    for (const key of keys) this.#acts.set(key, allowed);
  }

  /** @param {"pen" | "eraser"} tool */
  #choose(tool) {
    this.#pen.tool = tool;
    this.#update();
    byId("sheet").scrollIntoView({ block: "nearest" });
  }

  #update() {
    const { tool } = this.#pen;
    byId("pen").setAttribute("aria-pressed", String(tool === "pen"));
    byId("eraser").setAttribute("aria-pressed", String(tool === "eraser"));
    byId("sheet").dataset.tool = tool;
    byId("undo", HTMLButtonElement).disabled = !this.#drawing.canUndo;
    byId("redo", HTMLButtonElement).disabled = !this.#drawing.canRedo;
    byId("clear", HTMLButtonElement).disabled = this.#drawing.empty;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {Element} */ (event.target);
    if (event.defaultPrevented || event.altKey || target.closest("input, select, textarea, dialog")) return;
    const command = event.ctrlKey || event.metaKey;
    const prefix = `${command ? "ctrl+" : ""}${command && event.shiftKey ? "shift+" : ""}`;
    const act = this.#acts.get(prefix + event.key.toLowerCase());
    if (!act) return;
    event.preventDefault();
    act();
  }
}
