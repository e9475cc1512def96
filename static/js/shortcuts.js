/* Keys that lead somewhere: each stands in the attribute aria-keyshortcuts of what it leads to. "j" and
   "k" walk through what a page lists (data-row). A person can switch them off in the settings. */
(() => {
  const isTyping = (target) =>
    target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  function walk(by) {
    const all = [...document.querySelectorAll("[data-row]")].filter((one) => one.offsetParent);
    const here = document.activeElement;
    const row = here.closest("tr") || here;
    const at = all.findIndex((one) => one === here || (row !== here && row.contains(one)));
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  function follow(target) {
    if (target.matches("input")) {
      target.focus();
      target.select();
    } else target.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.documentElement.dataset.shortcuts === "off" || isTyping(event.target)) return;
    const target = /^[a-z/]$/.test(event.key) && document.querySelector(`[aria-keyshortcuts="${event.key}"]`);
    if (target) follow(target);
    else if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else return;
    event.preventDefault();
  });
})();
