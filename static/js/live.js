/* Calls in progress: their ages go on between two answers, and nothing is asked while nobody looks. */
(() => {
  const first = new WeakMap();

  function clock(seconds) {
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
    const [hours, minutes, rest] = parts;
    const two = (number) => String(number).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
  }

  function tick() {
    for (const one of document.querySelectorAll("[data-age]")) {
      const now = performance.now();
      if (!first.has(one)) first.set(one, now);
      one.textContent = clock(Number(one.dataset.age) + (now - first.get(one)) / 1000);
    }
  }

  tick();
  setInterval(tick, 1000);
  document.addEventListener("htmx:afterSwap", tick);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.id === "live") event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.getElementById("live")?.dispatchEvent(new Event("look"));
  });
})();
