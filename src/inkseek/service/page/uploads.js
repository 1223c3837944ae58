// @ts-check
/** A person's own pictures: chosen, dropped or pasted, checked, made small, and taken for a photo or a sketch. */

import { byId, size } from "./dom.js";

/** @typedef {import("./types.js").Upload} Upload */

/** A picture was refused; the message is one sentence with the remedy. */
export class Refused extends Error {}

const NAMES = /\.(jpe?g|png|webp|gif|bmp|tiff?|hei[cf]|avif)$/i;

/** Pictures up to this size are sent as they are. */
const SMALL_BYTES = 512_000;

/** Longer side that a bigger picture is brought to before it is sent with every query; encoders see far less. */
const SENT_SIDE = 1024;

/** Room in a body for everything but the picture. */
const REST_BYTES = 65_536;

const PROBE_SIDE = 64;
const DRAWN_SHARE = 0.7;

/**
 * Read a picture file.
 *
 * @param {File} file
 * @param {number} bodyBytes that a call may have
 * @returns {Promise<Upload>}
 * @throws {Refused} it is no picture, or too large
 */
export async function readUpload(file, bodyBytes) {
  const name = file.name || "picture";
  const most = Math.floor(((bodyBytes - REST_BYTES) * 3) / 4);
  if (!file.type.startsWith("image/") && !NAMES.test(name)) throw new Refused(`${name} is no picture; add a JPEG, PNG or WebP file.`);
  if (file.size > most) throw new Refused(`${name} has ${size(file.size)}, and at most ${size(most)} can be sent; add a smaller copy.`);
  const bitmap = await createImageBitmap(file).catch(() => null);
  // What this browser cannot decode, such as HEIC, the server may: it goes as it is.
  if (!bitmap) return { name, url: null, base64: await base64(file), drawn: false };
  const drawn = isDrawn(bitmap);
  const sent = file.size > SMALL_BYTES ? await shrunk(bitmap, drawn) : file;
  bitmap.close();
  return { name, url: URL.createObjectURL(sent), base64: await base64(sent), drawn };
}

/**
 * Take pictures from the button, from drag and drop anywhere on the page, and from the clipboard.
 *
 * @param {(file: File) => void} take
 */
export function acceptFiles(take) {
  const input = byId("file", HTMLInputElement);
  const first = (/** @type {FileList | undefined} */ files) => files?.[0] && take(files[0]);
  input.onchange = () => {
    first(input.files ?? undefined);
    input.value = "";
  };
  document.addEventListener("paste", (event) => first(event.clipboardData?.files));
  acceptDrops((event) => first(event.dataTransfer?.files));
}

/** @param {(event: DragEvent) => void} dropped */
function acceptDrops(dropped) {
  const hint = byId("drop");
  let depth = 0;
  const over = (/** @type {number} */ change) => {
    depth = Math.max(0, depth + change);
    hint.hidden = depth === 0;
  };
  const withFiles = (/** @type {(event: DragEvent) => void} */ act) => (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    act(event);
  };
  addEventListener("dragenter", withFiles(() => over(1)));
  addEventListener("dragleave", withFiles(() => over(-1)));
  addEventListener("dragover", withFiles(() => {}));
  addEventListener("drop", withFiles((event) => {
    over(-depth);
    dropped(event);
  }));
}

/** Whether a picture is mostly paper: white, or transparent. @param {ImageBitmap} bitmap */
function isDrawn(bitmap) {
  const canvas = new OffscreenCanvas(PROBE_SIDE, PROBE_SIDE);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(bitmap, 0, 0, PROBE_SIDE, PROBE_SIDE);
  const { data } = context.getImageData(0, 0, PROBE_SIDE, PROBE_SIDE);
  let paper = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 32 || Math.min(data[at], data[at + 1], data[at + 2]) > 215) paper += 1;
  }
  return paper > DRAWN_SHARE * PROBE_SIDE * PROBE_SIDE;
}

/** @param {ImageBitmap} bitmap @param {boolean} drawn keeps thin lines and transparency */
async function shrunk(bitmap, drawn) {
  const scale = Math.min(1, SENT_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.imageSmoothingQuality = "high";
  if (!drawn) {
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob(drawn ? { type: "image/png" } : { type: "image/jpeg", quality: 0.92 });
}

/** @param {Blob} blob @returns {Promise<string>} */
function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Refused("The file cannot be read; choose it again."));
    reader.readAsDataURL(blob);
  });
}
