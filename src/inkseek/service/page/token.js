// @ts-check
/** The server's token: from the address the server printed, or from a form. */

import { ApiError } from "./api.js";
import { byId, sentence } from "./dom.js";

/** What the dialog closes with once a session is open; nothing else closes it, as nothing else can be done. */
const OPENED = "opened";

/**
 * Make the API ask for a token where the server wants one, and open a session with the one in the address.
 *
 * @param {import("./api.js").Api} api
 */
export async function authorise(api) {
  api.authorise = () => ask(api);
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", location.pathname + location.search);
  // A wrong token shows itself with the first call, and then the form asks for the right one.
  await api.openSession(token).catch(() => {});
}

/** @param {import("./api.js").Api} api @returns {Promise<void>} once a session is open */
function ask(api) {
  const dialog = byId("token", HTMLDialogElement);
  const input = byId("token-input", HTMLInputElement);
  const message = byId("token-message");
  const others = /** @type {HTMLDialogElement[]} */ ([...document.querySelectorAll("dialog[open]")]);
  for (const other of others) other.close();
  dialog.onclose = () => dialog.returnValue === OPENED || dialog.showModal();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    byId("token-form", HTMLFormElement).onsubmit = async (event) => {
      event.preventDefault();
      try {
        await api.openSession(input.value.trim());
      } catch (error) {
        message.textContent = error instanceof ApiError ? sentence(error.message) : String(error);
        input.select();
        return;
      }
      input.value = message.textContent = "";
      dialog.close(OPENED);
      resolve();
    };
  });
}
