/* The list of calls by keyboard: j and k walk through the rows, Enter opens one, x picks it. */
(() => {
  const rows = () => [...document.querySelectorAll("[data-walk] tbody tr")];
  const link = (row) => row.querySelector("a[data-row], a");
  const isOurs = (event) =>
    !event.ctrlKey && !event.metaKey && !event.altKey &&
    !event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  function step(by) {
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const row = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    if (!row) return;
    link(row)?.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (!isOurs(event)) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "x") document.activeElement.closest("[data-walk] tr")?.querySelector("input[name=pick]")?.click();
    else return;
    event.preventDefault();
  });

  function prepare() {
    const all = document.querySelector("[data-pick-all]");
    if (all) all.hidden = false;
    const tools = document.querySelector(".tools__picked");
    if (tools) tools.hidden = !document.querySelector("input[name=pick]:checked");
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of document.querySelectorAll("input[name=pick]")) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-pick-all], input[name=pick]")) prepare();
  });

  document.addEventListener("htmx:afterSwap", prepare);
  prepare();
  // After a search the best match is one key away.
  if (document.referrer && location.search && document.activeElement === document.body) {
    const first = rows()[0];
    if (first) link(first)?.focus({ preventScroll: true });
  }
})();
