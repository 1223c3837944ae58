// @ts-check
/** The query: drawing or scan, photo, how much each counts, and filters. */

/** @typedef {import("./types.js").Backing} Backing */
/** @typedef {import("./types.js").QueryPhoto} QueryPhoto */
/** @typedef {import("./types.js").FilterValues} FilterValues */

/** Photos asked for at first, and more each time. */
export const PAGE = 48;

/** Tells of every change by a `change` event. */
export class Query extends EventTarget {
  /** Name of the gallery. */
  gallery = "";
  /** Photos asked for. */
  k = PAGE;
  /** Share of the photo where a sketch and a photo are mixed, 0 to 1. */
  mix = 0.5;
  /** @type {FilterValues} */
  filters = {};
  /** @type {Backing | null} */
  backing = null;
  /** @type {QueryPhoto | null} */
  photo = null;

  /** @param {import("./drawing.js").Drawing} drawing */
  constructor(drawing) {
    super();
    this.drawing = drawing;
    drawing.addEventListener("change", () => this.change({}));
  }

  /**
   * Change parts of the query; the first page of results is asked for again.
   *
   * @param {Partial<Pick<Query, "gallery" | "mix" | "filters" | "backing" | "photo">>} parts
   */
  change(parts) {
    Object.assign(this, parts, { k: PAGE });
    this.#changed();
  }

  /** @param {number} most that the server gives */
  more(most) {
    this.k = Math.min(most, this.k + PAGE);
    this.#changed();
  }

  /** The uploaded scan, while it is the sketch: strokes drawn over it take its place. */
  get scan() {
    return this.drawing.empty ? (this.backing?.upload ?? null) : null;
  }

  get hasSketch() {
    return !this.drawing.empty || this.scan !== null;
  }

  /** Whether a sketch and a photo are mixed. */
  get mixed() {
    return this.hasSketch && this.photo !== null;
  }

  get filtered() {
    return Object.keys(this.filters).length > 0;
  }

  /** What to ask the server; null without sketch and photo. @returns {import("./types.js").Request | null} */
  request() {
    const shared = { gallery: this.gallery, k: this.k, ...(this.filtered && { filters: this.filters }) };
    const { photo } = this;
    if (photo?.id != null && !this.hasSketch) return { path: `/v1/search/similar/${photo.id}`, body: shared };
    if (!photo && !this.hasSketch) return null;
    const weights = this.mixed ? { weights: { sketch: round(1 - this.mix), photo: round(this.mix) } } : {};
    return { path: "/v1/search", body: { ...shared, ...this.#sketch(), ...this.#photo(), ...weights } };
  }

  #sketch() {
    if (!this.drawing.empty) return { sketch: { strokes: this.drawing.strokes } };
    return this.scan ? { sketch: { picture: this.scan.base64 } } : {};
  }

  #photo() {
    if (!this.photo) return {};
    return { photo: this.photo.upload ? { picture: this.photo.upload.base64 } : { id: this.photo.id } };
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {number} weight */
function round(weight) {
  return Math.round(weight * 100) / 100;
}
