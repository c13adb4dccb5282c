// Lists: searching while one types, and rows by keyboard. Without it, a button searches, and Tab reaches every row.
(() => {
  "use strict";

  const { byId } = window.app;
  const DELAY = 250; // Milliseconds without a keystroke.

  /* Search: the page stays, its address and what it shows follow the box. */

  // The address the form leads to, without what is empty.
  const addressOf = (form) => {
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
    return url;
  };

  const search = (box) => {
    const url = addressOf(box.form);
    if (url.href === location.href) return;
    history.replaceState(history.state, "", url);
    document.dispatchEvent(new CustomEvent("app:moved", { detail: { url } })); // live.js fetches it.
  };

  let typing;
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!box.matches("#main #q[data-searches]") || event.isComposing) return;
    clearTimeout(typing);
    typing = setTimeout(() => box.isConnected && search(box), DELAY);
  });

  /* Rows: j and k, or the arrows once one is reached; Enter opens, x selects. */

  const rows = () => [...document.querySelectorAll("#main .listing tbody tr")];
  const linkOf = (row) => row?.querySelector("a.name, td.title a, a");

  const step = (event, by) => {
    const all = rows();
    const now = all.indexOf(event.target.closest("tr"));
    const next = now < 0 ? (by > 0 ? 0 : -1) : now + by;
    if (next < 0 && event.target.closest("tr") && byId("q") && event.key === "ArrowUp") byId("q").focus();
    else linkOf(all[Math.min(next, all.length - 1)])?.focus();
    event.preventDefault();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const inRow = event.target.closest?.("#main .listing tbody tr");
    const inSearch = event.target.matches?.("#main #q");
    const inField = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog, details[open]");
    if (event.key === "ArrowDown" && (inSearch || (inRow && !inField))) step(event, 1);
    else if (event.key === "ArrowUp" && inRow && !inField) step(event, -1);
    else if (inField) return;
    else if (event.key === "j") step(event, 1);
    else if (event.key === "k") step(event, -1);
    else if (event.key === "x" && inRow) inRow.querySelector(".pick input")?.click();
  });
})();
