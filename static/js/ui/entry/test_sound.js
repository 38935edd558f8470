/** Two soft notes on the chosen speaker, made on the spot: nothing to download. */

const NOTES = [523.25, 659.25];
const LENGTH = 0.35;

/** @param {string} speaker  a device id; empty for the system's own */
export async function playTestSound(speaker) {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const player = new Audio();
  player.srcObject = out.stream;
  if (speaker && "setSinkId" in player) await player.setSinkId(speaker).catch(() => {});
  for (const [at, pitch] of NOTES.entries()) {
    ring(context, out, pitch, context.currentTime + 0.05 + at * LENGTH);
  }
  await player.play().catch(() => {});
  setTimeout(() => {
    player.pause();
    player.srcObject = null;
    context.close();
  }, 2000);
}

/** @param {AudioContext} context @param {AudioNode} out @param {number} pitch @param {number} at */
function ring(context, out, pitch, at) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.25, at + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.001, at + LENGTH * 1.6);
  tone.connect(volume).connect(out);
  tone.start(at);
  tone.stop(at + LENGTH * 1.7);
}
