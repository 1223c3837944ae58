// @ts-check
/** The page: makes the parts and joins them. */

import { Api, ApiError, thumbnail } from "./api.js";
import { Canvas } from "./canvas.js";
import { Connection } from "./connection.js";
import { Detail } from "./detail.js";
import { byId, counted, sentence } from "./dom.js";
import { Drawing } from "./drawing.js";
import { Filters } from "./filters.js";
import { Galleries } from "./galleries.js";
import { Jobs } from "./jobs.js";
import { Status, notify } from "./notices.js";
import { Parts } from "./parts.js";
import { Pen } from "./pen.js";
import { Query } from "./query.js";
import { Results } from "./results.js";
import { Replay, sampleList } from "./samples.js";
import { LiveSearch } from "./search.js";
import { authorise } from "./token.js";
import { Toolbar } from "./toolbar.js";
import { Refused, acceptFiles, readUpload } from "./uploads.js";
import { showFirstRun, showNothing, showView, summary } from "./views.js";

/** Share of the photo when "More like this" joins a drawing. */
const SIMILAR_MIX = 0.7;

/** Whether the canvas stands beside the photos, as layout.css has it. */
const beside = matchMedia("(min-width: 48rem), (orientation: landscape)");

const sheet = byId("canvas", HTMLCanvasElement);
const api = new Api();
const drawing = new Drawing();
const canvas = new Canvas(sheet, drawing);
const pen = new Pen(sheet, drawing);
const replay = new Replay(drawing);
const query = new Query(drawing);
const search = new LiveSearch(api);
const status = new Status();
const connection = new Connection();
const galleries = new Galleries();
const jobs = new Jobs(api);
const filters = new Filters(query);
const parts = new Parts(query);
const detail = new Detail(api);
const results = new Results(byId("grid"), (result) => detail.open(result, results.shown, query.gallery));

/** @type {import("./types.js").Served | null} */
let served = null;

/** Say what went wrong with a call. @param {unknown} error */
function tell(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.code === "offline") connection.lost();
  else if (error.passing) status.say("The server is busy; trying again…");
  else notify(sentence(error.message));
}

/** Search with the query as it is now, or show what there is without one. */
function update() {
  byId("canvas").setAttribute("aria-label", `Canvas, ${counted(drawing.strokes.length, "stroke")}`);
  byId("sheet").classList.toggle("blank", !query.hasSketch && !query.backing);
  const request = query.request();
  if (request) return search.ask(request);
  search.cancel();
  results.clear();
  showRest();
}

/** Without a query: the first run while there is no photo, else the welcome. */
function showRest() {
  const gallery = galleries.current;
  if (!gallery || query.request()) return;
  if (gallery.photos === 0 && !jobs.running) showFirstRun(galleries.firstFolders());
  else showView("welcome");
  status.say(gallery.photos ? `${counted(gallery.photos, "photo")} to search` : "");
}

/** Load what the server has; called again whenever that may have changed. */
async function load() {
  try {
    served = /** @type {import("./types.js").Served} */ (await api.call("/v1/galleries"));
  } catch (error) {
    if (error instanceof ApiError && error.code === "gallery") setTimeout(load, 1000);
    return tell(error);
  }
  pen.limits = served.limits;
  canvas.lineWidth = (1000 * served.stroke_width) / served.extent;
  canvas.paint();
  galleries.show(served.galleries);
  byId("version").textContent = `inkseek ${served.version}`;
  if (galleries.current) query.gallery = galleries.current.name;
  showRest();
  await loadFacets();
}

async function loadFacets() {
  const { gallery } = query;
  if (!gallery) return;
  try {
    const facets = await api.call(`/v1/galleries/${encodeURIComponent(gallery)}/facets`);
    if (gallery === query.gallery) filters.offer(facets);
  } catch (error) {
    tell(error);
  }
}

async function loadSamples() {
  try {
    const { samples } = await api.call("/v1/samples");
    byId("samples").replaceChildren(...sampleList(samples, (strokes) => {
      replay.start(strokes);
      byId("sheet").scrollIntoView({ block: "nearest", behavior: "smooth" });
    }));
  } catch {
    byId("samples").replaceChildren(); // the welcome does without them
  }
}

async function start() {
  await authorise(api);
  await load();
  await Promise.all([loadSamples(), jobs.look()]);
}

/** @param {File} file */
async function take(file) {
  if (!served) return;
  try {
    const upload = await readUpload(file, served.limits.body_bytes);
    if (upload.drawn && !drawing.empty) drawing.clear();
    parts.place(upload, upload.drawn);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    notify(error.message);
  }
}

query.addEventListener("change", update);
addEventListener("themechange", () => canvas.paint());
pen.started = () => replay.finish();
pen.full = () => notify("The drawing holds as many strokes as can be searched with; erase some first.");

search.busy = (busy) => status.busy(busy);
search.answered = (answer, request) => {
  if (answer.results.length === 0) {
    results.clear();
    showNothing({ filtered: query.filtered, indexing: jobs.running });
    return status.say("No photo found");
  }
  showView("found");
  results.show(answer);
  status.say(...summary(answer));
  const most = Math.min(served?.limits.k ?? 0, answer.photos);
  byId("more").hidden = answer.results.length < Number(request.body.k) || answer.results.length >= most;
};
search.failed = (error) => {
  tell(error);
  // A picture that the server cannot use is taken out again, or every stroke would fail with it.
  if (error.code !== "bad_picture" && error.code !== "too_large") return;
  query.change({ photo: query.photo?.upload ? null : query.photo, backing: query.scan ? null : query.backing });
};

connection.back = () => {
  if (served) search.again();
  if (served) jobs.look();
  else start();
};
jobs.moved = async (ended) => {
  if (ended) await load();
  search.again();
};
galleries.index = async (folder) => {
  await jobs.index(query.gallery, folder.id);
  showRest();
};
galleries.reindex = ({ name }) => jobs.reindex(name);
galleries.reindexing = ({ name }) => jobs.reindexing(name);
galleries.chosen = (gallery) => {
  filters.clear();
  query.change({ gallery: gallery.name, photo: query.photo?.id == null ? query.photo : null });
  loadFacets();
};

detail.left = (id) => results.focus(id);
detail.similar = (found) => {
  const { id, name } = found;
  query.change({ photo: { id, name, url: thumbnail(found, query.gallery, 160), upload: null }, mix: SIMILAR_MIX });
  byId("results").focus({ preventScroll: true });
  byId(beside.matches ? "results" : "parts").scrollIntoView({ block: "start" });
};
detail.trace = ({ name }, url) => {
  query.change({ backing: { name, url, upload: null } });
  byId("pen").focus({ preventScroll: true });
  byId("sheet").scrollIntoView({ block: "nearest" });
};

byId("more").onclick = () => query.more(served?.limits.k ?? 0);
byId("nothing-clear").onclick = () => filters.clear();
byId("help-close").onclick = () => byId("help-dialog", HTMLDialogElement).close();
byId("welcome-add").onclick = () => byId("file").click();
new Toolbar(drawing, pen, {
  add: () => byId("file").click(),
  help: () => byId("help-dialog", HTMLDialogElement).showModal(),
});
acceptFiles(take);
start();
