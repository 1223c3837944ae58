// @ts-check
/** Calls of the HTTP API: JSON in and out, one kind of error, and a token where the server wants one. */

/** @typedef {{method?: string, body?: unknown, signal?: AbortSignal}} Call */

export class ApiError extends Error {
  /**
   * @param {string} code of the server, or `offline` where no answer came
   * @param {string} message one sentence with the remedy
   * @param {number} [seconds] to wait before another attempt, where the server says so
   */
  constructor(code, message, seconds) {
    super(message);
    this.code = code;
    this.seconds = seconds;
  }

  /** Whether the same call may succeed a little later. */
  get passing() {
    return ["offline", "busy", "too_slow", "gallery"].includes(this.code);
  }
}

export class Api {
  /** Asks the person for a token and opens a session with it. @type {() => Promise<void>} */
  authorise = () => Promise.reject(new ApiError("unauthorised", "This server wants its token."));

  /** @type {Promise<void> | null} */
  #authorising = null;

  /**
   * What the server answers to a call, which is repeated once a token was given where the server wants one.
   *
   * @param {string} path
   * @param {Call} [call]
   * @returns {Promise<any>}
   * @throws {ApiError} the server refused or did not answer
   */
  async call(path, call = {}) {
    for (;;) {
      const response = await this.#fetch(path, call);
      if (response.ok) return response.status === 204 ? null : response.json();
      const error = await errorOf(response);
      if (error.code !== "unauthorised") throw error;
      this.#authorising ??= this.authorise().finally(() => (this.#authorising = null));
      await this.#authorising;
    }
  }

  /**
   * Open a session; the cookie that the server sets goes with all later calls and pictures.
   *
   * @param {string} token
   */
  async openSession(token) {
    const response = await this.#fetch("/v1/session", { method: "POST" }, { Authorization: `Bearer ${token}` });
    if (!response.ok) throw await errorOf(response);
  }

  /** @param {string} path @param {Call} call @param {Record<string, string>} [headers] */
  async #fetch(path, { method = "GET", body, signal }, headers = {}) {
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      return await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError("offline", "inkseek does not answer; see that `inkseek serve` still runs.");
    }
  }
}

/** @typedef {{id: number, content?: string}} Shown a photo, and the word for its content: it lets the browser keep it */

/** @param {Shown} photo @param {string} gallery @param {number} side */
export function thumbnail(photo, gallery, side) {
  return `${address(photo, "thumbnail", gallery)}&side=${side}`;
}

/** @param {Shown} photo @param {string} gallery */
export function picture(photo, gallery) {
  return address(photo, "picture", gallery);
}

/** @param {Shown} photo @param {string} what @param {string} gallery */
function address({ id, content = "" }, what, gallery) {
  return `/v1/items/${id}/${what}?gallery=${encodeURIComponent(gallery)}&content=${content}`;
}

/** @param {Response} response */
async function errorOf(response) {
  const waiting = Number(response.headers.get("Retry-After")) || undefined;
  try {
    const { error } = await response.json();
    return new ApiError(error.code, error.message, waiting);
  } catch {
    return new ApiError("internal", `The server answered ${response.status}; its own journal says why.`, waiting);
  }
}
