/* Draws the chart of a table: its numbers, its colours and its links are those of the table. */
(() => {
  const drawn = new Map();
  const colourOf = (element, property = "color") => getComputedStyle(element)[property];

  const seriesOf = (table) =>
    [...table.tHead.rows[0].cells].flatMap((head, column) =>
      head.dataset.series ? [{ head, column, label: head.textContent.trim() }] : [],
    );

  const cellsOf = (table, column) =>
    [...table.tBodies[0].rows].map((row) => row.cells[column].querySelector("[data-calls]"));

  const dataOf = (table) => ({
    labels: [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim()),
    datasets: seriesOf(table).map(({ head, column, label }) => ({
      label,
      data: cellsOf(table, column).map((cell) => Number(cell.dataset.calls)),
      backgroundColor: colourOf(head.querySelector(".series"), "backgroundColor"),
      links: cellsOf(table, column).map((cell) => cell.href),
    })),
  });

  const linkAt = (chart, event) => {
    const [hit] = chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, true);
    return hit && chart.data.datasets[hit.datasetIndex].links[hit.index];
  };

  const optionsOf = (box) => {
    const ink = colourOf(box);
    const line = colourOf(box, "borderTopColor");
    const axis = (more) => ({ stacked: true, ticks: { color: ink, ...more }, grid: { color: line } });
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      font: { family: getComputedStyle(box).fontFamily },
      plugins: { legend: { display: false } },
      scales: { x: axis({ maxRotation: 0 }), y: { ...axis({ precision: 0 }), beginAtZero: true } },
      onClick: (event, _hits, chart) => {
        const link = linkAt(chart, event.native);
        if (link) location.assign(link);
      },
      onHover: (event, _hits, chart) => {
        chart.canvas.classList.toggle("chart--link", Boolean(linkAt(chart, event.native)));
      },
    };
  };

  const draw = (box) => {
    const table = document.getElementById(box.dataset.chart);
    if (!table || !window.Chart) return;
    drawn.get(box)?.destroy();
    const chart = new Chart(box.querySelector("canvas"), {
      type: "bar",
      data: dataOf(table),
      options: optionsOf(box),
    });
    drawn.set(box, chart);
  };

  const drawAll = () => {
    for (const box of drawn.keys()) {
      if (box.isConnected) continue;
      drawn.get(box).destroy();
      drawn.delete(box);
    }
    for (const box of document.querySelectorAll("[data-chart]")) draw(box);
  };

  // A part that did not come says so.
  const sayFailed = (event) => {
    const part = event.target.closest?.("[data-part]");
    if (!part) return;
    part.querySelector(".skeleton__wait").hidden = true;
    part.querySelector(".skeleton__failed").hidden = false;
  };
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, sayFailed);
  }

  document.addEventListener("htmx:afterSettle", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  new MutationObserver(drawAll).observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });
  drawAll();
})();
