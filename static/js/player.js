// Players of recordings: waveform, seeking, speed, channels, and lines of a dialog that play from
// their moment. Without this script every player is the browser's own.
(() => {
  "use strict";

  const STEP = 5; // seconds that an arrow key goes
  const ADDRESSES_LAST = 4 * 60 * 1000; // a little less than the server lets them
  const PEAKS_HEADER = 8; // bytes; calls/sound/peaks.py describes the form
  const keepsStill = matchMedia("(prefers-reduced-motion: reduce)");
  const players = new Map();

  function clock(seconds) {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const shown = [...(hours ? [hours] : []), minutes, Math.floor(seconds) % 60];
    return shown.map((part, n) => (n ? String(part).padStart(2, "0") : part)).join(":");
  }

  class Player {
    constructor(root) {
      const find = (name) => root.querySelector(`[data-${name}]`);
      this.root = root;
      this.audio = root.querySelector("audio");
      this.canvas = root.querySelector("canvas");
      [this.wave, this.clock, this.whole, this.failed] = ["wave", "clock", "length", "failed"].map(find);
      this.length = Number(root.dataset.seconds);
      this.lanes = [[0, 0]]; // of each channel: low and high of each stretch, in turn
      this.loudest = 16;
      this.lines = []; // of the dialog, by the moment at which they begin
      this.dragged = null; // where a pointer drags to, before it lets go
      this.addressedAt = Date.now();
      this.recoveredAt = 0;
      this.audio.controls = false;
      find("panel").hidden = false;
      this.listen(find("toggle"), find("speed"));
      this.loadPeaks();
      this.show();
    }

    get at() {
      return this.dragged ?? Math.min(this.audio.currentTime, this.length || Infinity);
    }

    listen(toggle, speed) {
      const { audio, wave } = this;
      for (const name of ["timeupdate", "seeked", "play", "pause", "loadedmetadata"]) {
        audio.addEventListener(name, () => this.show());
      }
      audio.addEventListener("play", () => this.begin());
      audio.addEventListener("pause", () => (this.isWanted &&= Boolean(audio.error))); // errors pause, too
      audio.addEventListener("error", () => this.recover());
      toggle.addEventListener("click", () => this.toggle());
      speed.onchange = () => (audio.defaultPlaybackRate = audio.playbackRate = Number(speed.value));
      wave.addEventListener("keydown", (event) => this.press(event));
      wave.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        wave.setPointerCapture(event.pointerId);
        this.drag(event);
      });
      wave.addEventListener("pointermove", (event) => this.dragged !== null && this.drag(event));
      wave.addEventListener("pointerup", () => this.dragged !== null && this.seek(this.dragged));
      wave.addEventListener("pointercancel", () => (this.dragged = null));
      for (const box of this.root.querySelectorAll("[data-mute]")) {
        box.addEventListener("change", () => this.mute(Number(box.dataset.mute), box.checked));
      }
      new ResizeObserver(() => this.draw()).observe(wave);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    }

    toggle() {
      return this.audio.paused ? this.play() : this.audio.pause();
    }

    play() {
      this.audio.play().catch(() => {}); // what went wrong, the error event tells
    }

    begin() {
      this.isWanted = true;
      for (const other of players.values()) if (other !== this) other.audio.pause();
      const step = () => {
        this.draw();
        if (!this.audio.paused && !keepsStill.matches) requestAnimationFrame(step);
      };
      step();
    }

    seek(seconds) {
      this.dragged = null;
      this.audio.currentTime = Math.max(0, Math.min(seconds, this.length || seconds));
      this.show();
    }

    press(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const [back, on] = [() => this.seek(this.at - STEP), () => this.seek(this.at + STEP)];
      const acts = new Map([["ArrowLeft", back], ["ArrowDown", back], ["ArrowRight", on], ["ArrowUp", on]]);
      acts.set("Home", () => this.seek(0)).set("End", () => this.seek(this.length)).set(" ", () => this.toggle());
      if (!acts.has(event.key)) return;
      event.preventDefault();
      acts.get(event.key)();
    }

    drag(event) {
      const box = this.wave.getBoundingClientRect();
      this.dragged = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.length;
      this.show();
    }

    // A channel that is muted gives its ear to the other one.
    mute(channel, isMuted) {
      this.ways ??= this.splitChannels();
      this.muted ??= [false, false];
      this.muted[channel] = isMuted;
      for (const { from, to, gain } of this.ways) {
        gain.value = !this.muted[from] && (from === to || this.muted[to]) ? 1 : 0;
      }
    }

    splitChannels() {
      const context = new AudioContext();
      const [splitter, merger] = [context.createChannelSplitter(2), context.createChannelMerger(2)];
      context.createMediaElementSource(this.audio).connect(splitter);
      merger.connect(context.destination);
      return [[0, 0], [0, 1], [1, 0], [1, 1]].map(([from, to]) => {
        const way = context.createGain();
        splitter.connect(way, from).connect(merger, 0, to);
        return { from, to, gain: way.gain };
      });
    }

    async loadPeaks() {
      const answer = await fetch(this.root.dataset.peaks).catch(() => null);
      const bytes = answer?.ok ? await answer.arrayBuffer() : new ArrayBuffer(0);
      if (bytes.byteLength <= PEAKS_HEADER) return;
      const [view, levels] = [new DataView(bytes), new Int8Array(bytes, PEAKS_HEADER)];
      const size = levels.length / view.getUint8(1);
      this.lanes = Array.from({ length: view.getUint8(1) }, (_, n) => levels.subarray(n * size, (n + 1) * size));
      this.loudest = levels.reduce((most, one) => Math.max(most, Math.abs(one)), this.loudest);
      this.length = view.getUint32(4, true) / 1000 || this.length;
      this.show();
    }

    // Addresses last a few minutes; this page may have new ones while its session lasts.
    async renew() {
      const answer = await fetch(this.root.dataset.renewal).catch(() => null);
      const given = answer?.ok ? await answer.json() : {};
      this.root.dataset.renewal = given.renewal || this.root.dataset.renewal;
      this.addressedAt = Date.now();
      return given;
    }

    async recover() {
      const [at, isAgain] = [this.at, Date.now() - this.recoveredAt < 5000];
      this.recoveredAt = Date.now();
      const { audio: address } = isAgain ? {} : await this.renew();
      this.failed.hidden = Boolean(address);
      if (!address) return;
      Object.assign(this.audio, { src: address, currentTime: at });
      if (this.isWanted) this.play();
    }

    show() {
      const { at, audio, wave } = this;
      if (!this.length && Number.isFinite(audio.duration)) this.length = audio.duration;
      const state = audio.paused ? "paused" : "playing";
      for (const word of this.root.querySelectorAll("[data-when]")) word.hidden = word.dataset.when !== state;
      this.clock.textContent = clock(at);
      if (this.length) this.whole.textContent = clock(Math.round(this.length));
      const words = { "{at}": clock(at), "{length}": this.whole.textContent };
      const ariaValueText = this.root.dataset.position.replace(/\{\w+\}/g, (name) => words[name]);
      Object.assign(wave, { ariaValueMax: Math.round(this.length), ariaValueNow: Math.floor(at), ariaValueText });
      const spoken = this.lines.findLast((line) => (at > 0 || !audio.paused) && line.at <= at + 0.05);
      for (const line of this.lines) line.mark(line === spoken);
      this.draw();
    }

    draw() {
      const { canvas, lanes, lines, length } = this;
      const scale = devicePixelRatio || 1;
      const [width, height] = [canvas.clientWidth * scale, canvas.clientHeight * scale].map(Math.round);
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      const [pen, style] = [canvas.getContext("2d"), getComputedStyle(this.wave)];
      const paint = (name) => Object.assign(pen, { fillStyle: style.getPropertyValue(`--${name}`) });
      const fill = (name, ...box) => paint(name).fillRect(...box);
      const x = (seconds) => (length ? (seconds / length) * width : 0);
      const band = lines.length ? 6 * scale : 0;
      const tall = (height - band) / lanes.length;
      const half = (tall / 2 - scale) / this.loudest;
      pen.clearRect(0, 0, width, height);
      for (let left = 0; left < width; left += 3 * scale) {
        lanes.forEach((lane, n) => {
          const [low, high] = extent(lane, left / width, (left + 3 * scale) / width);
          const [top, size] = [tall * (n + 0.5) - high * half, Math.max(scale, (high - low) * half)];
          fill(left < x(this.at) ? "wave-played" : "wave", left, top, 2 * scale, size);
        });
      }
      lines.forEach(({ at, role }, n) => {
        const wide = x(lines[n + 1]?.at ?? length) - x(at) - scale;
        fill(`band-${role}`, x(at), height - band + scale, Math.max(0, wide), band);
      });
      fill("cursor", Math.min(x(this.at), width - 2 * scale), 0, 2 * scale, height);
    }
  }

  function extent(lane, from, to) {
    const count = lane.length / 2;
    const first = Math.floor(from * count);
    const part = lane.slice(2 * first, 2 * Math.max(first + 1, Math.ceil(to * count)));
    return [Math.min(...part), Math.max(...part)];
  }

  function addLine(link, player) {
    const bubble = link.closest(".bubble");
    const mark = (isSpoken) => {
      bubble.classList.toggle("is-spoken", isSpoken);
      bubble.ariaCurrent = isSpoken ? "true" : null;
    };
    const line = { at: Number(link.dataset.playFrom), role: link.dataset.role, mark };
    const play = (event) => {
      event.preventDefault();
      player.seek(line.at);
      player.play();
    };
    link.setAttribute("role", "button");
    link.addEventListener("click", play);
    link.addEventListener("keydown", (event) => event.key === " " && play(event));
    player.root.querySelector("[data-legend]").hidden = false;
    player.lines = [...player.lines, line].sort((one, other) => one.at - other.at);
  }

  // A download from a page that was open for long is asked for with a new address.
  async function download(event, player) {
    if (Date.now() - player.addressedAt < ADDRESSES_LAST) return;
    event.preventDefault();
    location.assign((await player.renew()).download || event.target.href);
  }

  // A page that follows its call gets players later, too.
  function begin(part) {
    for (const root of part.querySelectorAll("[data-player]")) {
      if (players.get(root.id)?.root === root) continue;
      const player = players.set(root.id, new Player(root)).get(root.id);
      for (const link of document.querySelectorAll(`[data-player-id="${root.id}"]`)) addLine(link, player);
      const link = document.querySelector(`[data-download="${root.id}"]`);
      if (link) link.onclick = (event) => download(event, player);
    }
  }
  document.addEventListener("htmx:load", (event) => begin(event.target));
  begin(document);
})();
