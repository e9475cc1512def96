// A file that is dragged onto a form goes into its field. Without script the field takes it.
(() => {
  const hold = (event, form, isOver) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.toggleAttribute("data-over", isOver);
  };

  for (const form of document.querySelectorAll("[data-drop]")) {
    const field = form.querySelector("input[type=file]");
    if (!field) continue;
    form.addEventListener("dragenter", (event) => hold(event, form, true));
    form.addEventListener("dragover", (event) => hold(event, form, true));
    form.addEventListener("dragleave", (event) => {
      if (!form.contains(event.relatedTarget)) form.removeAttribute("data-over");
    });
    form.addEventListener("drop", (event) => {
      hold(event, form, false);
      if (event.dataTransfer?.files.length) field.files = event.dataTransfer.files;
    });
  }
})();
