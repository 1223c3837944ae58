// @ts-check
/** Filters: what the gallery's facets give to choose from, and chips for what was chosen. */

import { button, byId, element, icon } from "./dom.js";

/** @typedef {import("./types.js").Facets} Facets */
/** @typedef {import("./types.js").FacetValue} FacetValue */
/** @typedef {import("./types.js").FilterValues} FilterValues */

export class Filters {
  #query;
  #toggle = byId("filters-toggle", HTMLButtonElement);
  #form = byId("filters", HTMLFormElement);
  #folder = byId("filter-folder", HTMLSelectElement);
  #class = byId("filter-class", HTMLSelectElement);
  #tag = byId("filter-tag", HTMLSelectElement);
  #since = byId("filter-since", HTMLInputElement);
  #until = byId("filter-until", HTMLInputElement);

  /** @param {import("./query.js").Query} query */
  constructor(query) {
    this.#query = query;
    this.#toggle.onclick = () => this.#open(this.#form.hidden);
    this.#form.onsubmit = (event) => event.preventDefault();
    this.#folder.onchange = () => this.#set({ folder: this.#folder.value });
    this.#class.onchange = () => this.#set({ classes: [...(query.filters.classes ?? []), this.#class.value] });
    this.#tag.onchange = () => this.#set({ tags: [...(query.filters.tags ?? []), this.#tag.value] });
    this.#since.onchange = () => this.#set({ since: this.#since.value });
    this.#until.onchange = () => this.#set({ until: this.#until.value });
    query.addEventListener("change", () => this.#showChosen());
  }

  /** Offer what a gallery has; a filter that would choose nothing is hidden. @param {Facets} facets */
  offer(facets) {
    fill(this.#folder, "Any folder", facets.folders);
    fill(this.#class, "Any class", facets.classes);
    fill(this.#tag, "Any tag", facets.tags);
    const dated = facets.first !== null && facets.first !== facets.last;
    for (const input of [this.#since, this.#until]) {
      input.min = facets.first ?? "";
      input.max = facets.last ?? "";
      show(input, dated);
    }
    const any = dated || [this.#folder, this.#class, this.#tag].some((select) => select.options.length > 1);
    this.#toggle.hidden = !any;
    if (!any) this.#open(false);
    this.#showChosen();
  }

  clear() {
    this.#query.change({ filters: {} });
  }

  /** @param {boolean} open */
  #open(open) {
    this.#form.hidden = !open;
    this.#toggle.setAttribute("aria-expanded", String(open));
  }

  /** Change filters; an empty one is none. @param {FilterValues} values */
  #set(values) {
    const all = Object.entries({ ...this.#query.filters, ...values });
    this.#query.change({ filters: Object.fromEntries(all.filter(([, value]) => value?.length)) });
  }

  #showChosen() {
    const { folder, classes = [], tags = [], since, until } = this.#query.filters;
    this.#folder.value = folder ?? "";
    this.#since.value = since ?? "";
    this.#until.value = until ?? "";
    for (const [select, chosen] of /** @type {[HTMLSelectElement, string[]][]} */ ([[this.#class, classes], [this.#tag, tags]])) {
      select.value = "";
      for (const option of select.options) option.disabled = chosen.includes(option.value);
    }
    const chips = [
      folder && chip(folder, "folder", () => this.#set({ folder: "" })),
      ...classes.map((name) => chip(name, "class", () => this.#set({ classes: classes.filter((other) => other !== name) }))),
      ...tags.map((name) => chip(name, "tag", () => this.#set({ tags: tags.filter((other) => other !== name) }))),
      since && chip(`from ${since}`, "date", () => this.#set({ since: "" })),
      until && chip(`until ${until}`, "date", () => this.#set({ until: "" })),
    ].filter((made) => made instanceof HTMLElement);
    if (chips.length > 1) chips.push(button("quiet", "Clear all filters", () => this.clear(), "Clear all"));
    byId("filter-chips").replaceChildren(...chips);
    byId("filters-count").textContent = this.#query.filtered ? String(Object.values(this.#query.filters).flat().length) : "";
  }
}

/** @param {string} text @param {string} kind @param {() => void} remove */
function chip(text, kind, remove) {
  const label = text.replaceAll("_", " ");
  return element("span", { className: "chip" }, label, button("bare", `Remove the ${kind} ${label}`, remove, icon("close")));
}

/** @param {HTMLSelectElement} select @param {string} none @param {FacetValue[]} values */
function fill(select, none, values) {
  const options = values.map(({ name, photos }) =>
    element("option", { value: name }, `${name.replaceAll("_", " ")} (${photos.toLocaleString("en")})`),
  );
  select.replaceChildren(element("option", { value: "" }, none), ...options);
  show(select, values.length > 0);
}

/** Show or hide a control with its label. @param {HTMLElement} control @param {boolean} shown */
function show(control, shown) {
  const label = /** @type {HTMLElement} */ (control.closest("label"));
  label.hidden = !shown;
}
