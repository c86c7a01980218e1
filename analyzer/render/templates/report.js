"use strict";
for (const graph of document.querySelectorAll("svg.graph")) {
  const nodes = [...graph.querySelectorAll(".node")];
  const edges = [...graph.querySelectorAll(".edge")];
  const focus = (name) => {
    const near = new Set([name]);
    for (const edge of edges) {
      const touches = edge.dataset.from === name || edge.dataset.to === name;
      edge.classList.toggle("near", touches);
      if (touches) { near.add(edge.dataset.from); near.add(edge.dataset.to); }
    }
    for (const node of nodes) node.classList.toggle("near", near.has(node.dataset.name));
    graph.classList.add("focused");
  };
  const clear = () => graph.classList.remove("focused");
  for (const node of nodes) {
    node.addEventListener("mouseenter", () => focus(node.dataset.name));
    node.addEventListener("focus", () => focus(node.dataset.name));
    node.addEventListener("mouseleave", clear);
    node.addEventListener("blur", clear);
  }
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "descending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "ascending" : "descending");
    const value = (row) => {
      const cell = row.cells[column];
      return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
    };
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const x = value(a), y = value(b);
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
      return down ? order : -order;
    });
    table.tBodies[0].append(...rows);
  }));
}
