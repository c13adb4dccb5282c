// What the pages need a script for: live updates, dialogs and the side panel, copying, keys. Without it all of them work.
(() => {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");
  if (root.dataset.bsTheme === "auto") delete root.dataset.bsTheme;

  // Trusted Types is enforced, and htmx has to be handed a policy. The server escapes; nothing else reaches htmx.
  const policy = window.trustedTypes?.createPolicy("htmx", { createHTML: (html) => html });
  htmx.registerExtension("tt-mini", { init: (api) => policy && api.initSecurity(policy) });

  const byId = (id) => document.getElementById(id);
  const on = (type, selector, handle) =>
    document.addEventListener(type, (event) => {
      const hit = event.target.closest?.(selector);
      if (hit) handle(event, hit);
    });

  /* Live: the strip says how old the page is, and whether it is still told what is new. */

  const live = { seen: Date.now(), paused: false, failed: "" };
  const steps = [[60, 1, "s"], [3600, 60, "min"], [172800, 3600, "h"], [Infinity, 86400, "d"]];
  const age = (seconds) => {
    const [, unit, word] = steps.find(([limit]) => seconds < limit);
    return `${Math.floor(Math.max(seconds, 0) / unit)} ${word}`;
  };

  const tick = () => {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const text = age((now - Date.parse(time.dateTime)) / 1000) + time.dataset.ago;
      if (time.textContent !== text) time.textContent = text;
    }
    const box = byId("livebox");
    if (box?.dataset.live !== "on" || box.dataset.down) return;
    const word = live.paused ? "Paused" : live.failed || (pushed.has("main") ? "Live" : "Polling");
    box.title = pushed.has("main") ? "The dashboard sends what is new." : "The page asks every few seconds what is new.";
    box.dataset.state = live.paused ? "paused" : live.failed ? "failed" : "live";
    if (byId("live-word").textContent !== word) byId("live-word").textContent = word;
    byId("live-age").textContent = `${age((now - live.seen) / 1000)} ago`;
  };

  // Pushes: a socket for the page, one for the panel. While it is open nothing is polled.
  const pushed = new Set();
  const tickets = {};
  const receiver = (event) => event.target.closest("[data-pushes]");
  const isPoll = (detail) => detail.ctx?.sourceEvent?.type === "every";

  // Something came for the page, by either way. The panel asks the same server: what it hears says nothing more,
  // or only that someone has left.
  const heard = (id, outage, latency) => {
    if (id !== "main") return;
    if (outage) {
      live.failed = outage;
    } else {
      live.seen = Date.now();
      live.failed = "";
      byId("outage").replaceChildren();
      if (latency && byId("latency")) byId("latency").textContent = `${latency} ms`;
      // A page that began as an error has no figures in its strip: fetch it whole.
      if (byId("livebox").dataset.down) location.reload();
    }
    tick();
  };

  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (!isPoll(event.detail)) return;
    if (document.hidden || live.paused || pushed.has(ctx.sourceElement.id)) event.preventDefault();
  });

  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const id = ctx.sourceElement?.id;
    if (id !== "main" && id !== "panel-main") return;
    const { status = 0, headers } = ctx.response ?? {};
    const good = status === 200 || status === 304;
    heard(id, good ? "" : headers?.get("X-Outage") || "Stale", headers?.get("X-LiveKit-Latency"));
    if (good && headers.get("X-Live-Ticket")) reopen(id, headers.get("X-Live-Ticket"));
  });

  document.addEventListener("htmx:ws:before:connection", (event) => {
    const { connection } = event.detail;
    const ticket = tickets[receiver(event).dataset.pushes];
    // A ticket is good for minutes, a page stays open for days: reconnect with the newest.
    if (ticket) connection.url = connection.url.replace(/ticket=[^&]*/, `ticket=${encodeURIComponent(ticket)}`);
  });

  document.addEventListener("htmx:ws:close", (event) => {
    const element = receiver(event);
    if (!element) return;
    pushed.delete(element.dataset.pushes);
    if (event.detail.code === 4401) location.reload();
    // Refused: the ticket was too old, or there are too many viewers. The next poll tries again.
    if (event.detail.code === 1008) element.dataset.stale = "yes";
    tick();
  });

  document.addEventListener("htmx:ws:before:message:incoming", (event) => {
    const id = receiver(event).dataset.pushes;
    const { ticket, latency, outage } = JSON.parse(event.detail.message.data);
    // Not before: a socket that is refused opens first.
    pushed.add(id);
    if (ticket) tickets[id] = ticket;
    if (live.paused) event.preventDefault();
    else heard(id, outage, latency);
  });

  const reopen = (id, ticket) => {
    tickets[id] = ticket;
    const old = document.querySelector(`[data-pushes="${id}"][data-stale]`);
    if (!old) return;
    const fresh = old.cloneNode();
    delete fresh.dataset.stale;
    fresh.removeAttribute("data-htmx-powered");
    old.replaceWith(fresh);
    htmx.process(fresh);
  };

  document.addEventListener("htmx:error", (event) => {
    if (isPoll(event.detail)) live.failed = "Reconnecting";
    tick();
  });

  const refresh = () => {
    for (const id of ["main", "panel-main"]) {
      const element = byId(id);
      if (element?.hasAttribute("hx-get")) htmx.trigger(element, "refresh");
    }
  };

  document.addEventListener("app:changed", () => {
    // Whoever was removed can't be shown beside the table any more.
    const action = dialog().open && dialog().querySelector("form")?.getAttribute("action");
    if (action === `${panel().dataset.shows}/remove`) closePanel();
    closeDialog();
    refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !live.paused) refresh();
  });

  on("click", "#pause", (_, button) => {
    live.paused = !live.paused;
    button.setAttribute("aria-pressed", String(live.paused));
    if (!live.paused) refresh();
    tick();
  });

  // Logged out in another tab; the server leads this one to where that is.
  new BroadcastChannel("livekit-dashboard").addEventListener("message", () => location.reload());

  /* Dialogs and the side panel: the same pages, fetched into place. */

  const dialog = () => byId("dialog");
  const closeDialog = () => dialog()?.open && dialog().close();
  const panel = () => byId("panel");

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
    countSelected();
  });

  on("click", "#dialog [data-close]", (event) => {
    event.preventDefault();
    closeDialog();
  });
  on("click", "[data-close-panel]", closePanel);
  // A click on the backdrop hits the dialog itself.
  document.addEventListener("click", (event) => event.target === dialog() && closeDialog());

  /* Small things. */

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

  on("click", "[data-abort]", (_, button) => {
    htmx.trigger(button.closest("form"), "htmx:abort");
    closeDialog();
    refresh();
  });

  // A wait that ended well leads on by itself. What comes in a stream tells no "after:swap" of its own.
  document.addEventListener("htmx:sse:after:message", () => document.querySelector("#wait [data-follow]")?.click());

  on("click", "[data-dismiss]", (_, button) => button.closest(".toast").remove());

  // An old message makes room for a new one; a good one leaves by itself.
  new MutationObserver(() => {
    const toasts = [...byId("toasts").children];
    toasts.slice(0, -1).forEach((toast) => toast.remove());
    const last = toasts.at(-1);
    if (last && last.getAttribute("role") === "status") setTimeout(() => last.remove(), 8000);
  }).observe(byId("toasts") ?? document.createElement("div"), { childList: true });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target) || event.target.closest(".dropdown-item")) menu.open = false;
    }
  });

  on("change", "[data-submit]", (_, field) => field.form.requestSubmit());

  const countSelected = () => {
    const box = document.querySelector("[data-select-all]");
    if (!box) return;
    const picks = [...box.closest("form").querySelectorAll(".pick input")];
    const picked = picks.filter((pick) => pick.checked).length;
    box.checked = picked > 0 && picked === picks.length;
    box.indeterminate = picked > 0 && picked < picks.length;
    const words = box.closest("form").querySelector("[data-selected]");
    if (words) words.textContent = `${picked} selected`;
  };
  on("change", "[data-select-all]", (_, box) => {
    for (const pick of box.closest("form").querySelectorAll(".pick input")) pick.checked = box.checked;
    countSelected();
  });
  on("change", ".pick input", countSelected);
  document.addEventListener("reset", () => setTimeout(countSelected));

  on("input", "textarea", (_, area) => {
    const shown = document.querySelector(`[data-bytes-of="${CSS.escape(area.name)}"]`);
    if (!shown) return;
    const bytes = new TextEncoder().encode(area.value).length;
    shown.textContent = bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
      if (!dialog()?.open) closePanel();
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      const box = document.querySelector("dialog[open] .jumper input, #main .jumper input");
      if (box) box.select();
      else byId("jump-link")?.click();
    }
    if (event.key === "?" && !event.target.closest("input, textarea, select, dialog")) byId("keys-link")?.click();
    if (event.key === "/" && !event.target.closest("input, textarea, select, dialog")) {
      const search = byId("q");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
  });

  /* The jump box: arrows go through what was found, Enter takes the first. */

  const found = () => [...document.querySelectorAll("#found .jump-to")];
  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.(".jumper input");
    const hit = event.target.closest?.("#found .jump-to");
    if (!box && !hit) return;
    const hits = found();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = (hit ? hits.indexOf(hit) : -1) + (event.key === "ArrowDown" ? 1 : -1);
      if (next < 0) document.querySelector("dialog[open] .jumper input, #main .jumper input").focus();
      else hits[Math.min(next, hits.length - 1)]?.focus();
    }
    // Only if it was found for what is in the box; otherwise the form goes to the page.
    if (event.key === "Enter" && box && hits.length && box.value.trim() && byId("found").dataset.q === box.value.trim()) {
      event.preventDefault();
      hits[0].click();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    const jump = document.querySelector("#jump-link kbd");
    if (jump && /Mac|iP/.test(navigator.platform)) jump.textContent = "⌘ K";
    tick();
    setInterval(tick, 1000);
    countSelected();
  });
})();
