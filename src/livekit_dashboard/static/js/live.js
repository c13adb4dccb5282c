// What keeps a page up to date: a socket, or polls; and the strip, which says how old the page is.
(() => {
  "use strict";

  const { byId, on } = window.app;
  const live = { seen: Date.now(), paused: false, failed: "" };
  const pushed = new Set(); // What a socket keeps up to date: "main", "panel-main". None of it is polled.
  const tickets = {};

  /* The strip, and every age on the page. */

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

  /* Sockets: one for the page, one for the panel. */

  const receiver = (event) => event.target.closest("[data-pushes]");

  document.addEventListener("htmx:ws:before:connection", (event) => {
    const { connection } = event.detail;
    const ticket = tickets[receiver(event).dataset.pushes];
    // A ticket is good for minutes, a page stays open for days: reconnect with the newest.
    if (ticket) connection.url = connection.url.replace(/ticket=[^&]*/, `ticket=${encodeURIComponent(ticket)}`);
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

  document.addEventListener("htmx:ws:close", (event) => {
    const element = receiver(event);
    if (!element) return;
    pushed.delete(element.dataset.pushes);
    if (event.detail.code === 4401) location.reload();
    // Refused: the ticket was too old, or there are too many viewers. The next poll tries again.
    if (event.detail.code === 1008) element.dataset.stale = "yes";
    tick();
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

  /* Polls: while there is no socket. */

  const isPoll = (detail) => detail.ctx?.sourceEvent?.type === "every";

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

  document.addEventListener("htmx:error", (event) => {
    if (isPoll(event.detail)) live.failed = "Reconnecting";
    tick();
  });

  /* At once: after an action, on coming back to the tab, on resuming. */

  const refresh = () => {
    for (const id of ["main", "panel-main"]) {
      const element = byId(id);
      if (element?.hasAttribute("hx-get")) htmx.trigger(element, "refresh");
    }
  };

  document.addEventListener("app:refresh", refresh);
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

  tick();
  setInterval(tick, 1000);
})();
