// @ts-check
/** The parts of the query beside the drawing, as cards that can be changed and removed. */

import { button, byId, element, icon } from "./dom.js";

/** @typedef {import("./types.js").Upload} Upload */
/** @typedef {import("./types.js").Backing} Backing */
/** @typedef {import("./types.js").QueryPhoto} QueryPhoto */

export class Parts {
  #query;
  #list = byId("parts");
  #mix = byId("mix", HTMLInputElement);
  #shown = "";

  /** @param {import("./query.js").Query} query */
  constructor(query) {
    this.#query = query;
    this.#mix.oninput = () => query.change({ mix: Number(this.#mix.value) / 100 });
    query.addEventListener("change", () => this.#show());
  }

  /** Put an upload into the query. @param {Upload} upload @param {boolean} asSketch */
  place(upload, asSketch) {
    const { photo, backing } = this.#query;
    const part = { name: upload.name, url: upload.url, upload };
    if (asSketch) this.#query.change({ backing: part, photo: photo?.upload === upload ? null : photo });
    else this.#query.change({ photo: { ...part, id: null }, backing: backing?.upload === upload ? null : backing });
  }

  #show() {
    const { backing, photo, mixed, mix, scan } = this.#query;
    byId("mixing").hidden = !mixed;
    this.#mix.value = String(Math.round(mix * 100));
    // Strokes change the query many times a second; the cards are made anew only when they differ.
    const state = JSON.stringify([backing?.url, backing?.name, photo?.url, photo?.name, scan !== null]);
    if (state === this.#shown) return;
    this.#shown = state;
    this.#showBacking(backing, scan !== null);
    this.#list.replaceChildren(...[backing && this.#backingCard(backing), photo && this.#photoCard(photo)].filter((card) => card !== null));
  }

  /** @param {Backing | null} backing @param {boolean} isSketch */
  #showBacking(backing, isSketch) {
    const picture = byId("backing", HTMLImageElement);
    picture.hidden = !backing?.url;
    picture.classList.toggle("faint", !isSketch);
    if (backing?.url && picture.getAttribute("src") !== backing.url) picture.src = backing.url;
  }

  /** @param {Backing} backing */
  #backingCard({ name, url, upload }) {
    const isSketch = upload !== null && this.#query.scan === upload;
    const label = isSketch ? "Sketch" : "Tracing paper";
    return card(name, url, label, isSketch ? this.#choice(upload, true) : null, () => this.#query.change({ backing: null }));
  }

  /** @param {QueryPhoto} photo */
  #photoCard({ name, url, upload }) {
    const label = upload ? "Photo" : "More like";
    return card(name, url, label, upload && this.#choice(upload, false), () => this.#query.change({ photo: null }));
  }

  /** Photo or sketch: what an upload is taken for. @param {Upload} upload @param {boolean} isSketch */
  #choice(upload, isSketch) {
    const kind = (/** @type {string} */ name, /** @type {boolean} */ asSketch) => {
      const made = element("button", { type: "button", onclick: () => this.place(upload, asSketch) }, name);
      made.setAttribute("aria-pressed", String(asSketch === isSketch));
      return made;
    };
    return element("div", { className: "segments", role: "group", "aria-label": `Search with ${upload.name} as` }, kind("Photo", false), kind("Sketch", true));
  }
}

/** @param {string} name @param {string | null} url @param {string} label @param {HTMLElement | null} choice @param {() => void} remove */
function card(name, url, label, choice, remove) {
  const preview = url ? element("img", { src: url, alt: "" }) : element("span", { className: "blank" }, icon("photo"));
  const words = element("p", {}, element("small", {}, label), element("strong", { title: name }, name));
  return element("li", { className: "part" }, preview, words, choice, button("bare", `Remove ${name}`, remove, icon("close")));
}
