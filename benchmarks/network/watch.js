/**
 * Runs in a page before everything else, and notes what its viewer gets: every frame of other people's pictures
 * as it is presented, the statistics of every connection four times a second, and when it asked for the room
 * and was connected. With a port, media goes there instead of to the announced one: a network of this page's
 * own lies in between.
 */
(port) => {
  const SAMPLE_MS = 250;
  const KINDS = new Set(["inbound-rtp", "outbound-rtp", "remote-inbound-rtp", "candidate-pair"]);
  const noted = { frames: [], samples: [], connections: [], asked: null };
  globalThis.__noted = noted;

  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === "string" && data.includes('"subscribe"')) noted.asked ??= performance.now();
    return send.call(this, data);
  };

  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...how) {
      super(...how);
      const times = { made: performance.now(), described: null, answered: null, connected: null };
      noted.connections.push({ connection: this, times });
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") times.connected ??= performance.now();
      });
    }

    setLocalDescription(...description) {
      const { times } = noted.connections.find(({ connection }) => connection === this);
      times.described ??= performance.now();
      return super.setLocalDescription(...description);
    }

    setRemoteDescription({ type, sdp }) {
      const { times } = noted.connections.find(({ connection }) => connection === this);
      times.answered ??= performance.now();
      const here = port ? sdp.replace(/^(a=candidate:\S+ \d udp \d+ \S+ )\d+/gm, `$1${port}`) : sdp;
      return super.setRemoteDescription({ type, sdp: here });
    }
  };

  const watched = new WeakSet();
  const others = () =>
    new Set(
      noted.connections.flatMap(({ connection }) => connection.getReceivers().map(({ track }) => track.id)),
    );

  function watch(video) {
    watched.add(video);
    const note = (_now, frame) => {
      noted.frames.push([
        frame.presentationTime,
        frame.presentedFrames,
        frame.width,
        frame.height,
        frame.receiveTime ?? 0,
      ]);
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
  }

  function look() {
    const tracks = others();
    for (const video of document.querySelectorAll("video")) {
      const shown = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks() : [];
      if (!watched.has(video) && shown.some((track) => tracks.has(track.id))) watch(video);
    }
  }

  async function sample() {
    for (const { connection } of noted.connections) {
      if (connection.connectionState !== "connected") continue;
      const report = await connection.getStats();
      const entries = [...report.values()].filter(({ type }) => KINDS.has(type));
      noted.samples.push({ at: performance.now(), entries });
    }
  }

  setInterval(look, 50);
  setInterval(sample, SAMPLE_MS);
};
