// @ts-check
/** Galleries: the choice among them, what each holds, the folders that may be indexed, and another encoder. */

import { byId, counted, element, icon } from "./dom.js";

/** @typedef {import("./types.js").Gallery} Gallery */
/** @typedef {import("./types.js").Folder} Folder */
/** @typedef {import("./types.js").EncoderFacts} EncoderFacts */

export class Galleries {
  /** @type {(gallery: Gallery) => void} */
  chosen = () => {};
  /** @type {(folder: Folder) => void} */
  index = () => {};
  /** @type {(gallery: Gallery) => void} */
  reindex = () => {};
  /** Whether a gallery is being re-indexed. @type {(gallery: Gallery) => boolean} */
  reindexing = () => false;

  #dialog = byId("galleries", HTMLDialogElement);
  #open = byId("gallery", HTMLButtonElement);
  /** @type {Gallery[]} */
  #all = [];
  /** @type {Gallery | null} */
  current = null;

  constructor() {
    this.#open.onclick = () => {
      this.#render();
      this.#dialog.showModal();
    };
    byId("galleries-close").onclick = () => this.#dialog.close();
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#dialog.close());
  }

  /** Show what the server has; the gallery chosen before stays chosen. @param {Gallery[]} galleries */
  show(galleries) {
    this.#all = galleries;
    this.current = galleries.find(({ name }) => name === this.current?.name) ?? galleries[0] ?? null;
    this.#render();
  }

  /** The folders that may be indexed, as buttons; or what to type where none may. */
  firstFolders() {
    const folders = (this.current?.folders ?? []).filter(({ indexed }) => !indexed);
    return folders.map((folder) =>
      element("button", { type: "button", className: "primary", onclick: () => this.index(folder) }, icon("folder"), `Index ${folder.name}`),
    );
  }

  #render() {
    const { current } = this;
    this.#open.hidden = !current;
    if (!current) return;
    byId("gallery-name").textContent = current.name;
    byId("gallery-photos").textContent = counted(current.photos, "photo");
    this.#renderChoice();
    byId("galleries-folders").replaceChildren(...current.folders.map((folder) => this.#folder(folder)));
    byId("galleries-title").textContent = this.#all.length > 1 ? "Galleries" : current.name;
    const skipped = current.skipped ? `${counted(current.skipped, "file")} could not be read. ` : "";
    byId("galleries-facts").textContent = `${skipped}${described(current.encoder)}`;
    this.#renderNext(current);
  }

  #renderChoice() {
    const place = byId("galleries-choice");
    const focused = place.contains(document.activeElement);
    place.replaceChildren(...(this.#all.length > 1 ? this.#all.map((gallery) => this.#choice(gallery)) : []));
    if (focused) /** @type {HTMLInputElement | null} */ (place.querySelector(":checked"))?.focus();
  }

  /** Offer a re-index where it would change something. @param {Gallery} gallery */
  #renderNext(gallery) {
    const next = gallery.next_encoder;
    byId("galleries-next").hidden = !next;
    if (!next) return;
    byId("galleries-next-facts").textContent = described(next);
    const act = byId("galleries-reindex", HTMLButtonElement);
    act.disabled = this.reindexing(gallery);
    act.textContent = act.disabled ? "Re-indexing…" : "Re-index";
    act.onclick = () => {
      this.#dialog.close();
      this.reindex(gallery);
    };
  }

  /** @param {Gallery} gallery */
  #choice(gallery) {
    const input = element("input", { type: "radio", name: "gallery", checked: gallery === this.current });
    input.onchange = () => {
      this.current = gallery;
      this.#render();
      this.chosen(gallery);
    };
    return element("label", { className: "row" }, input, element("strong", {}, gallery.name), element("span", {}, counted(gallery.photos, "photo")));
  }

  /** @param {Folder} folder */
  #folder(folder) {
    const act = element("button", { type: "button", className: "secondary" }, folder.indexed ? "Update" : "Index");
    act.setAttribute("aria-label", `${folder.indexed ? "Update" : "Index"} ${folder.name}`);
    act.onclick = () => {
      this.#dialog.close();
      this.index(folder);
    };
    const photos = folder.indexed ? counted(folder.photos, "photo") : "not indexed yet";
    return element("li", { className: "row" }, icon("folder"), element("strong", {}, folder.name), element("span", {}, photos), act);
  }
}

/** @param {EncoderFacts} encoder */
function described({ name, dimension, fingerprint }) {
  return `Encoder ${name}, ${dimension} numbers a photo, fingerprint ${fingerprint}.`;
}
