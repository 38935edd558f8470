/** Painted people as video tracks: stand-ins for cameras, the same every time. */

const WIDTH = 480;
const HEIGHT = 270;
const REPAINT = 500;

const ROOMS = [
  ["#e2d6c6", "#d3c3ae"],
  ["#dacfdf", "#c7bacf"],
  ["#bfcacb", "#a9b6b7"],
];
const SKINS = ["#c98e6b", "#5d3a2b", "#e9b698", "#f0cab2", "#8f5d3f"];
const HAIRS = ["#5c3a26", "#1f1916", "#a97a45", "#737a80", "#33241c"];
const SHIRTS = ["#34436d", "#a84d37", "#3f6b49", "#b98a2b", "#305e61"];

/** @param {number} seed @param {number} [ratio] */
export function paintedTrack(seed, ratio = WIDTH / HEIGHT) {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = Math.round(WIDTH / ratio);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  const stream = canvas.captureStream(4);
  const paint = () => paintPerson(pen, seed, canvas.width, canvas.height);
  paint();
  setInterval(paint, REPAINT);
  const [track] = stream.getVideoTracks();
  if (!track) throw new Error("no track");
  return track;
}

/** @param {readonly string[]} list @param {number} seed */
function pick(list, seed) {
  return list[seed % list.length] ?? "#888888";
}

/** @param {CanvasRenderingContext2D} pen @param {number} seed @param {number} w @param {number} h */
function paintPerson(pen, seed, w, h) {
  const [wall, floor] = ROOMS[seed % ROOMS.length] ?? ["#ddd", "#ccc"];
  pen.fillStyle = wall ?? "";
  pen.fillRect(0, 0, w, h);
  pen.fillStyle = floor ?? "";
  pen.fillRect(0, h * 0.84, w, h * 0.16);
  pen.fillRect(w * 0.72, h * 0.12, w * 0.17, h * 0.22);
  oval(pen, w / 2, h * 1.02, h * 0.44, h * 0.32, pick(SHIRTS, seed * 3 + 1));
  oval(pen, w / 2, h * 0.44, h * 0.2, h * 0.25, pick(HAIRS, seed * 7 + 2));
  pen.fillStyle = pick(SKINS, seed * 5);
  pen.fillRect(w / 2 - h * 0.065, h * 0.58, h * 0.13, h * 0.16);
  oval(pen, w / 2, h * 0.48, h * 0.165, h * 0.2, pick(SKINS, seed * 5));
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} rx @param {number} ry @param {string} colour */
function oval(pen, x, y, rx, ry, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
  pen.fill();
}

/** A slide, for a shared screen. */
export function paintedSlide() {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  const stream = canvas.captureStream(2);
  const paint = () => {
    pen.fillStyle = "#fbfaf6";
    pen.fillRect(0, 0, 1280, 720);
    pen.fillStyle = "#1b2423";
    pen.font = "700 54px sans-serif";
    pen.fillText("Second messengers", 84, 126);
    pen.font = "26px sans-serif";
    pen.fillText("One signal outside, thousands of answers inside", 84, 182);
    pen.fillStyle = "#0b6657";
    pen.fillRect(206, 300, 76, 176);
    oval(pen, 244, 262, 28, 28, "#f4bc45");
  };
  paint();
  setInterval(paint, REPAINT);
  const [track] = stream.getVideoTracks();
  if (!track) throw new Error("no track");
  return track;
}

/** A voice: a note that swells, so that a meter moves. */
export function humming() {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = 180;
  volume.gain.value = 0.09;
  tone.connect(volume).connect(out);
  tone.start();
  const [track] = out.stream.getAudioTracks();
  if (!track) throw new Error("no track");
  return track;
}
