/* The list of calls: rows are picked, and after a search the best match is one key away. */
(() => {
  const picked = () => document.querySelectorAll("input[name=pick]:checked");

  function prepare() {
    const all = document.querySelector("[data-pick-all]");
    if (all) all.hidden = false;
    const tools = document.querySelector(".tools__picked");
    if (tools) tools.hidden = picked().length === 0;
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of document.querySelectorAll("input[name=pick]")) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-pick-all], input[name=pick]")) prepare();
  });

  document.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    if (event.key !== "x" || !row || event.target.matches("input")) return;
    if (document.documentElement.dataset.shortcuts === "off") return;
    row.querySelector("input[name=pick]")?.click();
  });

  document.addEventListener("htmx:afterSwap", prepare);
  prepare();
  if (location.search && document.activeElement === document.body) {
    document.querySelector("[data-row]")?.focus({ preventScroll: true });
  }
})();
