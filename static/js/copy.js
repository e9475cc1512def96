// Buttons that copy a text: data-copy holds it, or data-copy-from names the element that shows it.
// Without this script they stay hidden.
(() => {
  "use strict";

  const SHOWN = 2000; // milliseconds that a button says that it has copied

  function reveal(root) {
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  }

  // Where the page has no right to the clipboard (no HTTPS), a selection can still be copied.
  function copySelected(text) {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const isCopied = document.execCommand("copy");
    box.remove();
    return isCopied;
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copyFrom);
    const text = source ? source.textContent : button.dataset.copy;
    const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    if (!isCopied && !copySelected(text)) return;
    const word = button.querySelector("[data-copy-word]");
    button.dataset.word ??= word.textContent;
    word.textContent = button.dataset.copied;
    button.focus();
    setTimeout(() => (word.textContent = button.dataset.word), SHOWN);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("htmx:load", (event) => reveal(event.target));
  reveal(document);
})();
