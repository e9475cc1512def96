// Looks for words in a dialog as they are typed: marks them, counts the steps that they are in, and
// goes from one to the next with Enter. Without this script the server marks them.
(() => {
  "use strict";

  let here = -1; // the mark that was gone to

  function unmark(root) {
    for (const mark of root.querySelectorAll("mark")) {
      const parent = mark.parentNode;
      mark.replaceWith(...mark.childNodes);
      parent.normalize();
    }
  }

  function markIn(node, find) {
    const at = node.data.toLowerCase().indexOf(find);
    // Letters that change their length with their case are left to the server.
    if (at < 0 || node.data.toLowerCase().length !== node.data.length) return false;
    const found = node.splitText(at);
    const rest = found.splitText(find.length);
    const mark = document.createElement("mark");
    found.replaceWith(mark);
    mark.append(found);
    markIn(rest, find);
    return true;
  }

  function textsOf(step) {
    const texts = [];
    for (const part of step.querySelectorAll("[data-words]")) {
      const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) texts.push(walker.currentNode);
    }
    return texts;
  }

  function look(form) {
    const dialog = document.querySelector("[data-dialog]");
    const find = form.elements.find.value.trim().toLowerCase();
    const steps = [...dialog.querySelectorAll("[data-turn]")];
    unmark(dialog);
    here = -1;
    const found = find ? steps.filter((step) => textsOf(step).filter((text) => markIn(text, find)).length) : [];
    const counted = form.dataset.counted.replace("{count}", found.length).replace("{total}", steps.length);
    const words = found.length ? counted : form.dataset.nowhere;
    form.querySelector("[data-found]").textContent = find ? words : "";
  }

  function next() {
    const marks = [...document.querySelectorAll("[data-dialog] mark")];
    marks[here]?.classList.remove("is-here");
    here = marks.length ? (here + 1) % marks.length : -1;
    marks[here]?.classList.add("is-here");
    marks[here]?.scrollIntoView({ block: "center" });
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-find]");
    if (form) look(form);
  });
  // A page that follows its call gets a new dialog now and then, and keeps what was typed.
  document.addEventListener("htmx:load", (event) => {
    const form = event.target === document.body ? null : event.target.querySelector("[data-find]");
    if (form) look(form);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-find]")) return;
    event.preventDefault();
    next();
  });
})();
