/* The key "/" leads to the one search box, from every page. */
document.addEventListener("keydown", (event) => {
  const box = document.getElementById("box");
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (!box || isTyping || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  box.focus();
  box.select();
});
