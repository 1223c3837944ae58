// @ts-check
/** Indexing on the server: started, followed while it runs, stopped, and shown as it goes. */

import { ApiError } from "./api.js";
import { button, byId, counted, element, icon, sentence } from "./dom.js";
import { notify } from "./notices.js";

/** @typedef {import("./types.js").Job} Job */

/** Time between two looks at a running job, in milliseconds. */
const LOOK = 700;

export class Jobs {
  /** Called when photos were added or a job came to its end. @type {(ended: boolean) => void} */
  moved = () => {};

  #api;
  #list = byId("jobs");
  #timer = 0;
  /** @type {Map<string, Job>} */
  #active = new Map();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  get running() {
    return this.#active.size > 0;
  }

  /** @param {string} gallery @param {number} folder */
  async index(gallery, folder) {
    try {
      await this.#api.call(`/v1/galleries/${encodeURIComponent(gallery)}/jobs`, { method: "POST", body: { kind: "index", folder } });
    } catch (error) {
      if (error instanceof ApiError) notify(sentence(error.message));
    }
    await this.look();
  }

  /** Look what jobs there are, and again until none is left. */
  async look() {
    clearTimeout(this.#timer);
    /** @type {Job[]} */
    let jobs;
    try {
      ({ jobs } = await this.#api.call("/v1/jobs"));
    } catch {
      if (this.running) this.#timer = setTimeout(() => this.look(), 4 * LOOK);
      return;
    }
    this.#follow(jobs);
    if (this.running) this.#timer = setTimeout(() => this.look(), LOOK);
  }

  /** @param {Job[]} jobs */
  #follow(jobs) {
    const before = this.#active;
    this.#active = new Map(jobs.filter(isActive).map((job) => [job.id, job]));
    const ended = jobs.filter((job) => before.has(job.id) && !isActive(job));
    for (const job of ended) tellEnd(job);
    const added = [...this.#active.values()].some((job) => job.added > (before.get(job.id)?.added ?? 0));
    this.#list.replaceChildren(...[...this.#active.values()].map((job) => this.#strip(job)));
    if (ended.length || added) this.moved(ended.length > 0);
  }

  /** @param {Job} job */
  #strip(job) {
    const title = job.kind === "index" ? `Indexing ${job.folder ?? job.gallery}` : `Re-indexing ${job.gallery}`;
    const bar = element("progress", { max: job.total ?? 1, "aria-label": title });
    if (job.total) bar.value = job.done;
    const stop = button("bare", `Stop: ${title}`, () => this.#stop(job), icon("close"));
    return element("li", {}, element("strong", {}, title), element("span", {}, progress(job)), stop, bar);
  }

  /** @param {Job} job */
  async #stop(job) {
    await this.#api.call(`/v1/jobs/${job.id}`, { method: "DELETE" }).catch(() => {});
    await this.look();
  }
}

/** @param {Job} job */
function isActive(job) {
  return job.state === "waiting" || job.state === "running";
}

/** @param {Job} job */
function progress(job) {
  if (job.state === "waiting") return "waiting for its turn";
  const parts = [job.total ? `${job.done.toLocaleString("en")} of ${counted(job.total, "photo")}` : "looking for photos"];
  if (job.rate) parts.push(`${Math.round(job.rate)} a second`);
  if (job.seconds_left !== null && job.rate) parts.push(left(job.seconds_left));
  return parts.join(" · ");
}

/** @param {number} seconds */
function left(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s left`;
  return `${counted(Math.round(seconds / 60), "minute")} left`;
}

/** @param {Job} job */
function tellEnd(job) {
  const what = job.folder ?? job.gallery;
  if (job.state === "failed") return notify(sentence(job.message ?? `indexing ${what} failed`));
  const skipped = job.skipped ? `, ${counted(job.skipped, "file")} skipped` : "";
  const state = job.state === "stopped" ? "Stopped" : "Done";
  notify(`${state}: ${counted(job.added, "photo")} added from ${what}${skipped}.`, "news");
}
