// @ts-check
/** Long work on the server: started, followed while it runs, stopped, and shown as it goes. */

import { ApiError } from "./api.js";
import { button, byId, counted, element, icon, sentence } from "./dom.js";
import { notify } from "./notices.js";

/** @typedef {import("./types.js").Job} Job */
/** @typedef {{item: HTMLElement, show: (text: string, job: Job) => void}} Strip */

/** Time between two looks at a running job, in milliseconds. */
const LOOK = 700;

export class Jobs {
  /** Called when photos were added or a job came to its end. @type {(ended: boolean) => void} */
  moved = () => {};

  #api;
  #list = byId("jobs");
  #timer = 0;
  #looks = 0;
  /** @type {Map<string, Job>} */
  #active = new Map();
  /** @type {Map<string, Strip>} */
  #strips = new Map();
  /** Jobs that were asked to stop. @type {Set<string>} */
  #stopping = new Set();

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
  }

  get running() {
    return this.#active.size > 0;
  }

  /** @param {string} gallery */
  reindexing(gallery) {
    return [...this.#active.values()].some((job) => job.kind === "reindex" && job.gallery === gallery);
  }

  /** @param {string} gallery @param {number} folder */
  async index(gallery, folder) {
    await this.#start(gallery, { kind: "index", folder });
  }

  /** @param {string} gallery */
  async reindex(gallery) {
    await this.#start(gallery, { kind: "reindex" });
  }

  /** Look what jobs there are, and again until none is left; of two looks at once the newer counts. */
  async look() {
    clearTimeout(this.#timer);
    const looked = ++this.#looks;
    let wait = LOOK;
    try {
      const { jobs } = await this.#api.call("/v1/jobs");
      if (looked === this.#looks) this.#follow(jobs);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      wait = 4 * LOOK;
    }
    if (looked === this.#looks && this.running) this.#timer = setTimeout(() => this.look(), wait);
  }

  /** @param {string} gallery @param {{kind: Job["kind"], folder?: number}} body */
  async #start(gallery, body) {
    await this.#ask(async () => {
      /** @type {Job} */
      const job = await this.#api.call(`/v1/galleries/${encodeURIComponent(gallery)}/jobs`, { method: "POST", body });
      this.#active.set(job.id, job); // it may have ended before the first look
    });
  }

  /** @param {string} id */
  async #stop(id) {
    await this.#ask(async () => {
      await this.#api.call(`/v1/jobs/${id}`, { method: "DELETE" });
      this.#stopping.add(id);
    });
  }

  /** Ask the server for something, and look what came of it. @param {() => Promise<void>} call */
  async #ask(call) {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notify(sentence(error.message));
    }
    await this.look();
  }

  /** @param {Job[]} jobs newest first */
  #follow(jobs) {
    const before = this.#active;
    this.#active = new Map(jobs.filter(isActive).reverse().map((job) => [job.id, job]));
    const ended = jobs.filter((job) => before.has(job.id) && !isActive(job));
    for (const job of ended) tellEnd(job);
    const added = [...this.#active.values()].some((job) => job.added > (before.get(job.id)?.added ?? 0));
    this.#show();
    if (ended.length || added) this.moved(ended.length > 0);
  }

  /** A strip a job, kept while the job goes on, so that neither focus nor a press on its button is lost. */
  #show() {
    for (const [id, { item }] of this.#strips) {
      if (this.#active.has(id)) continue;
      if (item.contains(document.activeElement)) byId("results").focus({ preventScroll: true });
      item.remove();
      this.#strips.delete(id);
      this.#stopping.delete(id);
    }
    for (const job of this.#active.values()) {
      const strip = this.#strips.get(job.id) ?? this.#newStrip(job);
      strip.show(this.#stopping.has(job.id) ? "stopping…" : progress(job), job);
    }
  }

  /** @param {Job} job @returns {Strip} */
  #newStrip(job) {
    const title = titled(job);
    const text = element("span");
    const bar = element("progress", { max: 1, "aria-label": title });
    const stop = button("bare", `Stop: ${title}`, () => this.#stop(job.id), icon("close"));
    const item = element("li", {}, element("strong", {}, title), text, stop, bar);
    /** @type {Strip["show"]} */
    const show = (said, { done, total }) => {
      text.textContent = said;
      if (total) Object.assign(bar, { max: total, value: done });
    };
    const strip = { item, show };
    this.#strips.set(job.id, strip);
    this.#list.append(item);
    return strip;
  }
}

/** @param {Job} job */
function isActive(job) {
  return job.state === "waiting" || job.state === "running";
}

/** @param {Job} job */
function titled({ kind, folder, gallery }) {
  return kind === "index" ? `Indexing ${folder}` : `Re-indexing ${gallery}`;
}

/** @param {Job} job */
function progress(job) {
  if (job.state === "waiting") return "waiting for its turn";
  if (!job.total) return "looking for photos";
  const parts = [`${job.done.toLocaleString("en")} of ${counted(job.total, "photo")}`];
  if (job.rate >= 1) parts.push(`${Math.round(job.rate)} a second`);
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
  if (job.state === "failed") notify(sentence(`${titled(job)} failed: ${job.message}`));
  else notify(job.kind === "index" ? indexed(job) : reindexed(job), "news");
}

/** @param {Job} job */
function indexed({ state, added, folder, skipped }) {
  const end = state === "stopped" ? "Stopped" : "Done";
  return `${end}: ${counted(added, "photo")} added from ${folder}${skipped ? `, ${counted(skipped, "file")} skipped` : ""}.`;
}

/** @param {Job} job */
function reindexed({ state, added, gallery, skipped }) {
  if (state === "stopped") return `Stopped: nothing has changed in ${gallery}; another re-index goes on from there.`;
  const lost = `; ${counted(skipped, "file")} could not be read: update the folder to find them again`;
  return `Done: ${counted(added, "photo")} encoded anew${skipped ? lost : ""}.`;
}
