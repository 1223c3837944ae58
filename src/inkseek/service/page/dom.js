// @ts-check
/** Small helpers for elements and for the words around numbers. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * A new element. Properties are set as properties; names with a dash, and `role`, as attributes.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "role" || name.includes("-")) made.setAttribute(name, String(value));
    else Reflect.set(made, name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** @param {string} name of a symbol in icons.svg */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/page/icons.svg#${name}`);
  picture.append(use);
  return picture;
}

/**
 * Strokes as a small picture that takes the colour of the text around it.
 *
 * @param {readonly import("./types.js").Stroke[]} strokes in canvas units
 */
export function strokePicture(strokes) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 1000 1000");
  picture.setAttribute("aria-hidden", "true");
  for (const stroke of strokes) {
    const line = document.createElementNS(SVG, "polyline");
    line.setAttribute("points", stroke.map(([x, y]) => `${x},${y}`).join(" "));
    picture.append(line);
  }
  return picture;
}

/**
 * The element of an id that index.html has.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof (type ?? HTMLElement))) throw new Error(`index.html has no ${id}`);
  return /** @type {T} */ (found);
}

/** @param {string} tag @param {string} label @param {() => void} act @param {...Node | string} children */
export function button(tag, label, act, ...children) {
  return element("button", { type: "button", className: tag, title: label, "aria-label": label, onclick: act }, ...children);
}

/** @param {number} value @param {string} noun in the singular */
export function counted(value, noun) {
  return `${value.toLocaleString("en")} ${noun}${value === 1 ? "" : "s"}`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;
}

/** A server's message as a sentence. @param {string} message */
export function sentence(message) {
  const whole = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

export const stillness = matchMedia("(prefers-reduced-motion: reduce)");
