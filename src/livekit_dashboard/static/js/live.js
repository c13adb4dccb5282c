// What keeps a page up to date: a socket, or polls; and the strip, which says how old the page is.
(() => {
  "use strict";

  const { byId, on } = window.app;
  // `waits`: since when the page, neither paused nor hidden, waits for something to come.
  const live = { seen: Date.now(), waits: Date.now(), paused: false, failed: "" };
  const pushed = new Set(); // What a socket keeps up to date: "main", "panel-main". None of it is polled.
  // Of each socket: when it was last heard, or opened, the hub's interval in seconds, and how often it fell silent.
  const sockets = {};

  /* The strip, and every age on the page. */

  const steps = [[60, 1, "s"], [3600, 60, "min"], [172800, 3600, "h"], [Infinity, 86400, "d"]];
  const age = (seconds) => {
    const [, unit, word] = steps.find(([limit]) => seconds < limit);
    return `${Math.floor(Math.max(seconds, 0) / unit)} ${word}`;
  };

  // Swedish writes a time as the rest of the page does: year first, 24 hours.
  const inLocalTime = (moment) =>
    moment.getTimezoneOffset() ? `, ${moment.toLocaleString("sv")} local time` : "";

  const tick = () => {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const text = age((now - Date.parse(time.dateTime)) / 1000) + time.dataset.ago;
      if (time.textContent !== text) time.textContent = text;
    }
    for (const time of document.querySelectorAll("time[title$=UTC]")) time.title += inLocalTime(new Date(time.dateTime));
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
    live.waits = Date.now();
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
    const { pushes: id, ticket } = receiver(event).dataset;
    sockets[id] = { every: 2, silent: 0, ...sockets[id], connection, spoke: Date.now() };
    // A ticket is good for minutes, a page stays open for days: reconnect with the newest.
    if (ticket) connection.url = connection.url.replace(/ticket=[^&]*/, `ticket=${encodeURIComponent(ticket)}`);
  });

  document.addEventListener("htmx:ws:after:connection", (event) => {
    sockets[receiver(event).dataset.pushes].spoke = Date.now();
  });

  document.addEventListener("htmx:ws:before:message:incoming", (event) => {
    const id = receiver(event).dataset.pushes;
    const { every, latency, outage } = JSON.parse(event.detail.message.data);
    // Not before: a socket that is refused opens first.
    pushed.add(id);
    Object.assign(sockets[id], { every, silent: 0, spoke: Date.now() });
    if (live.paused) event.preventDefault();
    else heard(id, outage, latency);
  });

  document.addEventListener("htmx:ws:close", (event) => {
    const element = receiver(event);
    if (!element) return;
    const { pushes: id, ticket } = element.dataset;
    const { code, connection } = event.detail;
    const had = pushed.delete(id);
    if (code === 4401) location.reload();
    // The ticket was too old or its time is up, or there are too many viewers. The next poll brings another ticket,
    // unless one has done so already.
    if (code === 1008 || code === 4408) element.dataset.stale = "yes";
    if (code === 1008 && ticket && !connection.url.endsWith(encodeURIComponent(ticket))) reopen(id);
    // Ask at once; but not on the way to another page, which closes with 1000, nor for a panel that is taken away.
    else if (had && code > 1000 && !document.hidden && !live.paused) refresh([id]);
    tick();
  });

  const reopen = (id) => {
    const old = document.querySelector(`[data-pushes="${id}"][data-stale]`);
    if (!old) return;
    const fresh = old.cloneNode();
    delete fresh.dataset.stale;
    fresh.removeAttribute("data-htmx-powered");
    old.replaceWith(fresh);
    htmx.process(fresh);
  };

  /* A line can die without a word, and then no socket closes. The hub speaks every interval, or within three: so silence tells. */

  const watch = () => {
    if (live.paused || document.hidden) return;
    const now = Date.now();
    for (const [id, { connection, every, silent, spoke }] of Object.entries(sockets)) {
      const open = pushed.has(id) || connection.socket?.readyState === WebSocket.OPEN;
      // Longer each time, where sockets open and nothing ever comes through.
      if (open && now - spoke > 4000 * every * Math.min(2 ** silent, 8)) hangUp(id);
    }
    // Three polls without an answer.
    if (!pushed.has("main") && now - live.waits > 16_000) live.failed ||= "Reconnecting";
  };

  // Closes a socket for good: the next poll that is answered opens another one. Tells whether it was in use.
  const drop = (id) => {
    const connection = sockets[id]?.connection;
    if (connection) connection.config.reconnect = false; // Minutes may pass before the browser believes that it is closed.
    connection?.socket?.close();
    const element = document.querySelector(`[data-pushes="${id}"]`);
    if (element) element.dataset.stale = "yes";
    return pushed.delete(id) && Boolean(element);
  };

  const hangUp = (id) => {
    sockets[id].silent += 1;
    if (!drop(id)) return;
    if (id === "main") live.failed ||= "Reconnecting";
    refresh([id]);
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
    const element = document.querySelector(`[data-pushes="${id}"]`);
    // The panel may show another participant by now, and a ticket is for one page.
    if (!good || !headers.get("X-Live-Ticket") || !element || byId(id) !== ctx.sourceElement) return;
    element.dataset.ticket = headers.get("X-Live-Ticket");
    reopen(id);
  });

  document.addEventListener("htmx:error", (event) => {
    if (isPoll(event.detail)) live.failed = "Reconnecting";
    tick();
  });

  /* At once: after an action, on coming back to the tab, on resuming. */

  const refresh = (ids = ["main", "panel-main"]) => {
    for (const id of ids) {
      const element = byId(id);
      if (element?.hasAttribute("hx-get")) htmx.trigger(element, "refresh");
    }
  };

  document.addEventListener("app:refresh", () => refresh());

  // The page shows another address, such as another search of its list: its socket was for the one before.
  document.addEventListener("app:moved", ({ detail: { url } }) => {
    const partial = new URL(url);
    partial.searchParams.set("partial", "1");
    byId("main").setAttribute("hx-get", partial.pathname + partial.search);
    drop("main");
    refresh(["main"]);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    // While it was hidden nothing was to be heard: the extension closes its sockets then, and reopens them now.
    live.waits = Date.now();
    for (const socket of Object.values(sockets)) socket.spoke = Date.now();
    if (!live.paused) refresh();
  });

  on("click", "#pause", (_, button) => {
    live.paused = !live.paused;
    button.setAttribute("aria-pressed", String(live.paused));
    live.waits = Date.now();
    if (!live.paused) refresh();
    watch();
    tick();
  });

  // Logged out in another tab; the server leads this one to where that is.
  new BroadcastChannel("livekit-dashboard").addEventListener("message", () => location.reload());

  tick();
  setInterval(() => {
    watch();
    tick();
  }, 1000);
})();
