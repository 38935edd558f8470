// Canvas's forwarding frame: passes a tool's message to the course page and the answer back to the tool.
// It exists because the tool must address its messages to the origin of the authorisation endpoint.
window.addEventListener("message", (event) => {
  const message = event.data;
  if (typeof message !== "object" || message === null) return;
  if (event.source === window.parent && event.origin === location.origin) {
    const { frameIndex, toolOrigin, ...answer } = message;
    window.parent.frames[frameIndex]?.postMessage(answer, toolOrigin);
    return;
  }
  for (let frameIndex = 0; frameIndex < window.parent.frames.length; frameIndex += 1) {
    if (window.parent.frames[frameIndex] === event.source) {
      window.parent.postMessage({ ...message, frameIndex, toolOrigin: event.origin }, location.origin);
    }
  }
});
