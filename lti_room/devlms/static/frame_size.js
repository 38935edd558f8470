// What `lti.frameResize` does to the tool's frame.

const LARGEST = 10000;

/** @param {HTMLIFrameElement} frame @param {unknown} height pixels, as a number or a text */
export const setFrameHeight = (frame, height) => {
  const pixels = Number.parseInt(String(height), 10);
  if (pixels > 0 && pixels <= LARGEST) frame.style.height = `${pixels}px`;
};
