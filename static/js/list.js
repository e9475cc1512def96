/* The list of calls: rows are picked, and after a search the best match is one key away. */
(() => {
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-pick-all]")) return;
    for (const box of document.querySelectorAll("input[name=pick]")) box.checked = event.target.checked;
  });

  document.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    if (event.key !== "x" || !row || event.target.matches("input")) return;
    if (document.documentElement.dataset.shortcuts === "off") return;
    row.querySelector("input[name=pick]")?.click();
  });

  if (location.search && document.activeElement === document.body) {
    document.querySelector("[data-row]")?.focus({ preventScroll: true });
  }
})();
