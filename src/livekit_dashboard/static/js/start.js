// Before anything is painted: say that scripts run, and in which theme; let htmx write. The only script that is not deferred.
(() => {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");
  if (root.dataset.bsTheme === "auto") delete root.dataset.bsTheme;

  // Trusted Types is enforced, and htmx has to be handed a policy. The server escapes; nothing else reaches htmx.
  const policy = window.trustedTypes?.createPolicy("htmx", { createHTML: (html) => html });
  htmx.registerExtension("tt-mini", { init: (api) => policy && api.initSecurity(policy) });

  // What live.js and page.js share. Otherwise they speak by events.
  const byId = (id) => document.getElementById(id);
  const on = (type, selector, handle) =>
    document.addEventListener(type, (event) => {
      const hit = event.target.closest?.(selector);
      if (hit) handle(event, hit);
    });
  window.app = Object.freeze({ byId, on });
})();
