// @ts-check
/** What stands where the photos will be: the welcome, the first run, no photo found; and the words above. */

import { byId, counted } from "./dom.js";

/** @typedef {import("./types.js").Answer} Answer */

/** @typedef {"welcome" | "first" | "found" | "nothing"} View */

/** Show one view and hide the others. @param {View} view */
export function showView(view) {
  for (const name of ["welcome", "first", "nothing"]) byId(name).hidden = name !== view;
  byId("grid").hidden = view !== "found";
  if (view !== "found") byId("more").hidden = true;
}

/** The first run: folders to index, or how to allow one. @param {HTMLElement[]} folders */
export function showFirstRun(folders) {
  byId("first-folders").replaceChildren(...folders);
  byId("first-offer").hidden = folders.length === 0;
  byId("first-none").hidden = folders.length > 0;
  showView("first");
}

/** No photo was found: why, and what to do. @param {{filtered: boolean, indexing: boolean}} why */
export function showNothing({ filtered, indexing }) {
  byId("nothing-text").textContent = filtered
    ? "No photo passes these filters."
    : indexing
      ? "No photo yet. They appear here while indexing goes on."
      : "There is no photo in this gallery yet.";
  byId("nothing-clear").hidden = !filtered;
  showView("nothing");
}

/** What the status line says of an answer, and what is said aloud. @param {Answer} answer @returns {[string, string]} */
export function summary({ photos, results, milliseconds }) {
  return [`${counted(photos, "photo")} · ${Math.max(1, Math.round(milliseconds.total))} ms`, `${counted(results.length, "photo")} found, closest ${results[0].name}`];
}
