import { MediaSession } from "/js/media/session.js";
import { Views } from "/js/media/view.js";

const session = new MediaSession({ send: (payload) => globalThis.signal(payload) });
const room = { session, received: new Map(), states: [], gone: [], paused: [] };
const audio = new AudioContext();

session.addEventListener("track", ({ detail }) => {
  const key = `${detail.participant} ${detail.source}`;
  const entry = { ...detail };
  if (detail.track.kind === "video") {
    entry.video = document.createElement("video");
    Object.assign(entry.video, { muted: true, autoplay: true, srcObject: detail.stream });
    document.body.append(entry.video);
  } else {
    // Chromium only decodes remote sound that some element plays.
    entry.sink = Object.assign(new Audio(), { srcObject: detail.stream, muted: true });
    entry.sink.play().catch(() => {});
    entry.analyser = audio.createAnalyser();
    entry.analyser.fftSize = 32768;
    audio.createMediaStreamSource(detail.stream).connect(entry.analyser);
  }
  room.received.set(key, entry);
});
session.addEventListener("gone", ({ detail }) => {
  room.received.delete(`${detail.participant} ${detail.source}`);
  room.gone.push(detail);
});
session.addEventListener("paused", ({ detail }) => room.paused.push(detail));
session.addEventListener("state", ({ detail }) => room.states.push(detail));

room.capture = async (publish = true) => {
  await audio.resume();
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { noiseSuppression: false, autoGainControl: false },
    video: { width: 640, height: 480 },
  });
  room.stream = stream;
  if (publish) {
    await session.publish({ microphone: stream.getAudioTracks()[0], camera: stream.getVideoTracks()[0] });
  }
};
room.share = async () => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 640, height: 360 });
  const context = canvas.getContext("2d");
  room.painting = setInterval(() => {
    context.fillStyle = "rgb(50, 70, 210)";
    context.fillRect(0, 0, 640, 360);
  }, 50);
  await session.replace("screen", canvas.captureStream(15).getVideoTracks()[0]);
};
room.subscribe = async () => {
  await audio.resume();
  await session.subscribe();
};
room.watch = (key) => {
  const [participant, source] = key.split(" ");
  room.views = new Views({ tell: (view) => session.setView(view) });
  room.views.show(room.received.get(key).video, participant, source);
  room.views.start();
};
room.look = (key, style) => Object.assign(room.received.get(key).video.style, style);
room.active = () => {
  const sender = session.publisher.senders.get("camera");
  return sender.getParameters().encodings.filter(({ active }) => active).map(({ rid }) => rid);
};
room.colour = (key) => {
  const video = room.received.get(key)?.video;
  if (!video?.videoWidth) return null;
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext("2d");
  context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
};
room.frames = (key) => room.received.get(key)?.video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
room.hertz = (key) => {
  const { analyser } = room.received.get(key) ?? {};
  if (!analyser) return null;
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const top = bins.indexOf(Math.max(...bins));
  return bins[top] > -70 ? (top * audio.sampleRate) / analyser.fftSize : null;
};
room.stats = async (which, type) => {
  const end = which === "publish" ? session.publisher : session.subscriber;
  const report = await end.connection?.getStats();
  return [...(report?.values() ?? [])].filter((entry) => entry.type === type);
};
globalThis.room = room;
globalThis.ready = true;
