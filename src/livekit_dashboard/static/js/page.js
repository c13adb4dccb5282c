// What makes a page handy: dialogs and the side panel, menus, messages, copying, selecting, keys. Without it all pages work.
(() => {
  "use strict";

  const { byId, on } = window.app;
  const refresh = () => document.dispatchEvent(new Event("app:refresh")); // live.js hears it.

  /* Dialogs and the side panel: pages, fetched into place. */

  const dialog = () => byId("dialog");
  const panel = () => byId("panel");
  const closeDialog = () => dialog()?.open && dialog().close();
  const closePanel = () => {
    if (panel().hidden) return;
    panel().hidden = true;
    panel().replaceChildren();
    const row = document.querySelector("tr[aria-selected]");
    row?.removeAttribute("aria-selected");
    row?.querySelector("a")?.focus();
  };

  const markRow = () => {
    const current = panel().hidden ? null : panel().dataset.shows;
    for (const row of document.querySelectorAll("tr[data-row]")) {
      if (row.dataset.row === current) row.setAttribute("aria-selected", "true");
      else row.removeAttribute("aria-selected");
    }
  };

  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    const target = ctx.target;
    if (target === dialog() && ctx.response?.status === 200) dialog().showModal();
    if (target === panel() && ctx.response?.status === 200) {
      panel().hidden = false;
      panel().dataset.shows = ctx.sourceElement.getAttribute("href");
      panel().querySelector("[data-close-panel]")?.focus();
    }
    markRow();
  });

  // A box that was clicked stays so for the browser, whatever a live page says. Once that is saved, it follows again;
  // one that was clicked meanwhile is not saved yet.
  const sent = new WeakMap();
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (!ctx.sourceElement.matches("[data-settles]")) return;
    for (const box of ctx.sourceElement.querySelectorAll("[type=checkbox]")) sent.set(box, box.checked);
  });
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (!ctx.sourceElement.matches("[data-settles]") || ctx.response?.status !== 200) return;
    const boxes = [...ctx.sourceElement.querySelectorAll("[type=checkbox]")].filter((box) => sent.has(box));
    const later = boxes.filter((box) => box.checked !== sent.get(box));
    for (const box of boxes) box.defaultChecked = sent.get(box);
    ctx.sourceElement.reset();
    for (const box of later) box.checked = !sent.get(box);
  });

  // The server's word that an action changed what is shown.
  document.addEventListener("app:changed", () => {
    // A participant that was removed can't be shown beside the table any more.
    const action = dialog().open && dialog().querySelector("form")?.getAttribute("action");
    if (action === `${panel().dataset.shows}/remove`) closePanel();
    closeDialog();
    refresh();
  });

  on("click", "#dialog [data-close]", (event) => {
    event.preventDefault();
    closeDialog();
  });
  on("click", "[data-close-panel]", closePanel);
  // A click on the backdrop hits the dialog itself.
  document.addEventListener("click", (event) => event.target === dialog() && closeDialog());

  on("click", "[data-abort]", (_, button) => {
    htmx.trigger(button.closest("form"), "htmx:abort");
    closeDialog();
    refresh();
  });

  /* Waits: one that ended well leads on by itself. What comes in a stream tells no "after:swap" of its own. */

  document.addEventListener("htmx:sse:after:message", () => document.querySelector("#wait [data-follow]")?.click());

  // A stream that ends by itself has nothing of this in its last piece.
  document.addEventListener("htmx:sse:close", () => document.querySelector("[data-lost]")?.removeAttribute("hidden"));

  /* Menus: only closing them needs a script. */

  const openMenus = () => document.querySelectorAll("details.menu[open]");

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target) || event.target.closest(".dropdown-item")) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) menu.open = false;
    if (!dialog()?.open) closePanel();
  });

  /* Messages: an old one makes room for a new one; a good one leaves by itself. */

  on("click", "[data-dismiss]", (_, button) => button.closest(".toast").remove());

  const tidyMessages = () => {
    const toasts = [...byId("toasts").children];
    toasts.slice(0, -1).forEach((toast) => toast.remove());
    const last = toasts.at(-1);
    if (last && last.getAttribute("role") === "status") setTimeout(() => last.remove(), 8000);
  };
  new MutationObserver(tidyMessages).observe(byId("toasts"), { childList: true });
  tidyMessages();

  /* Copying. */

  on("click", "[data-copy]", async (_, button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.dataset.copied = "yes";
    } catch {
      // Over plain http there is no clipboard: select the text instead, for Ctrl-C.
      const text = button.closest("figure")?.querySelector("pre") ?? button.parentElement;
      getSelection().selectAllChildren(text);
      button.dataset.copied = "selected";
    }
    setTimeout(() => delete button.dataset.copied, 1500);
  });

  /* Selecting rows. */

  // Where rows have forms of their own, the form that the boxes belong to is not around them.
  const picksOf = (box) => [...box.form.elements].filter((one) => one.matches(".pick input"));

  const countSelected = () => {
    const box = document.querySelector("[data-select-all]");
    if (!box) return;
    const picks = picksOf(box);
    const picked = picks.filter((pick) => pick.checked).length;
    box.checked = picked > 0 && picked === picks.length;
    box.indeterminate = picked > 0 && picked < picks.length;
    const words = box.form.querySelector("[data-selected]");
    if (words) words.textContent = `${picked} selected`;
  };

  on("change", "[data-select-all]", (_, box) => {
    for (const pick of picksOf(box)) pick.checked = box.checked;
    countSelected();
  });
  on("change", ".pick input", countSelected);
  document.addEventListener("reset", () => setTimeout(countSelected));
  document.addEventListener("htmx:after:swap", countSelected);
  document.addEventListener("DOMContentLoaded", countSelected);

  /* Fields: some send their form, a text says how long it is. */

  on("change", "[data-submit]", (_, field) => field.form.requestSubmit());

  /* As the filter `size` writes it. */
  const size = (bytes) => {
    let value = bytes, unit = 0;
    for (; Math.round(value * 10) / 10 >= 1024; unit++) value /= 1024;
    return `${Number.isInteger(value) ? value : value.toFixed(1)} ${["B", "KiB", "MiB", "GiB"][unit]}`;
  };
  const count = (area) => {
    const shown = document.querySelector(`[data-bytes-of="${CSS.escape(area.name)}"]`);
    if (!shown) return;
    shown.textContent = size(new TextEncoder().encode(area.value).length);
  };
  on("input", "textarea", (_, area) => count(area));
  // Something may have been typed before this script ran.
  [...document.querySelectorAll("textarea")].filter((area) => area.value !== area.defaultValue).forEach(count);

  /* Keys: Ctrl-K jumps, ? lists the keys, / searches. */

  const jumper = () => document.querySelector("dialog[open] .jumper input, #main .jumper input");

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      const box = jumper();
      if (box) box.select();
      else byId("jump-link")?.click();
    }
    if (event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "?") byId("keys-link")?.click();
    const search = event.key === "/" && byId("q");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  const hint = document.querySelector("#jump-link kbd");
  if (hint && /Mac|iP/.test(navigator.platform)) hint.textContent = "⌘ K";

  /* The jump box: arrows go through what was found, Enter takes the first. */

  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.(".jumper input");
    const hit = event.target.closest?.("#found .jump-to");
    if (!box && !hit) return;
    const hits = [...document.querySelectorAll("#found .jump-to")];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = (hit ? hits.indexOf(hit) : -1) + (event.key === "ArrowDown" ? 1 : -1);
      if (next < 0) jumper().focus();
      else hits[Math.min(next, hits.length - 1)]?.focus();
    }
    // Only if it was found for what is in the box; otherwise the form goes to the page.
    if (event.key === "Enter" && box && hits.length && box.value.trim() && byId("found").dataset.q === box.value.trim()) {
      event.preventDefault();
      hits[0].click();
    }
  });
})();
