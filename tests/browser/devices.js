// Devices that can be plugged in and pulled out: beside the browser's own a second camera, painted.
// Runs before the page. `__devices` is how a test reaches it.
(() => {
  const media = navigator.mediaDevices;
  if (!media || window.__devices) return;
  const list = media.enumerateDevices.bind(media);
  const take = media.getUserMedia.bind(media);
  const SECOND = { deviceId: "second", groupId: "second", kind: "videoinput", label: "Second camera" };
  const gone = new Set();
  const given = [];
  let slowness = 0;

  const paint = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [320, 240];
    const pen = canvas.getContext("2d");
    let frame = 0;
    const draw = () => {
      pen.fillStyle = "rgb(50 70 210)";
      pen.fillRect(0, 0, 320, 240);
      pen.fillStyle = "white";
      pen.fillRect((frame++ * 8) % 320, 216, 6, 24);
    };
    draw();
    const timer = setInterval(draw, 66);
    const [track] = canvas.captureStream(15).getVideoTracks();
    track.getSettings = () => ({ deviceId: SECOND.deviceId, width: 320, height: 240 });
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    return track;
  };

  const present = async () => [...(await list()), SECOND].filter(({ label }) => !gone.has(label));

  const wanted = async (kind, constraint) => {
    if (!constraint) return null;
    const there = (await present()).filter((device) => device.kind === kind);
    const id = constraint.deviceId?.exact;
    const found = id ? there.find(({ deviceId }) => deviceId === id) : there[0];
    if (!found) throw new DOMException("", id ? "OverconstrainedError" : "NotFoundError");
    return found;
  };

  media.enumerateDevices = present;
  media.getUserMedia = async (constraints) => {
    await new Promise((resolve) => setTimeout(resolve, slowness));
    const camera = await wanted("videoinput", constraints.video);
    const microphone = await wanted("audioinput", constraints.audio);
    const own = {
      audio: microphone ? { ...constraints.audio, deviceId: { exact: microphone.deviceId } } : false,
      video: camera && camera.label !== SECOND.label ? constraints.video : false,
    };
    const stream = own.audio || own.video ? await take(own) : new MediaStream();
    if (camera?.label === SECOND.label) stream.addTrack(paint());
    given.push(...stream.getTracks());
    return stream;
  };

  window.__devices = {
    slow: (milliseconds) => {
      slowness = milliseconds;
    },
    given: () => given.map(({ kind, readyState }) => `${kind} ${readyState}`),
    unplug: async (kind, label) => {
      const there = await list();
      gone.add(label);
      const ids = [...there, SECOND].filter((device) => device.label === label).map((device) => device.deviceId);
      const lost = given.filter((track) => track.kind === kind && ids.includes(track.getSettings().deviceId));
      for (const track of lost) {
        track.stop();
        track.dispatchEvent(new Event("ended"));
      }
      media.dispatchEvent(new Event("devicechange"));
      return lost.length;
    },
  };
})();
