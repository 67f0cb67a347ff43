// The page works without this: it comes anew each minute. With it, what turns is shown as it turns.
(() => {
  "use strict";
  const AGAIN = 60000;   // figures move without being news
  let fetching = false, wanted = false, timer = 0;

  const say = (state, words) => {
    const live = document.getElementById("live");
    if (live) { live.dataset.state = state; live.textContent = " · " + words; }
  };
  let state = ["off", "connecting"];
  const show = (name, words) => { state = [name, words]; say(name, words); };

  async function renew() {
    if (fetching) { wanted = true; return; }
    fetching = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, redirect: "manual" });
      if (answer.status === 401 || answer.type === "opaqueredirect") { location.reload(); return; }
      if (!answer.ok) { throw new Error("HTTP " + answer.status); }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      exchange(fresh);
      say(...state);
    } catch (error) {
      show("off", "not reachable; this may be old");
    } finally {
      fetching = false;
      timer = setTimeout(renew, AGAIN);
      if (wanted) { wanted = false; renew(); }
    }
  }

  // What is open stays open, and what has the focus keeps it.
  function exchange(fresh) {
    const here = document.getElementById("main"), next = fresh.getElementById("main");
    if (!here || !next || here.innerHTML === next.innerHTML) { return; }
    for (const it of here.querySelectorAll("details[open][id]")) {
      const same = next.querySelector("#" + CSS.escape(it.id));
      if (same) { same.open = true; }
    }
    const focused = document.activeElement && document.activeElement.closest("main [id]");
    const verdict = next.querySelector(".verdict"), old = here.querySelector(".verdict");
    if (verdict && old) {   // the same element, so that a screen reader tells what changed in it
      const said = (it) => it.querySelector("h1").textContent + it.querySelector("p").textContent;
      if (said(verdict) === said(old)) { old.removeAttribute("aria-live"); }
      old.className = verdict.className;
      old.replaceChildren(...verdict.childNodes);
      old.setAttribute("aria-live", "polite");
      verdict.replaceWith(old);
    }
    here.replaceChildren(...next.childNodes);
    document.title = fresh.title;
    if (focused) {
      const again = document.getElementById(focused.id);
      const target = again && (again.querySelector("summary") || again);
      if (target) { target.focus({ preventScroll: true }); }
    }
  }

  // A stream ends every few minutes, and is open again in a second: that is not worth a word.
  let silence = 0;
  function listen() {
    const events = new EventSource("/ops/events");
    events.addEventListener("open", () => { clearTimeout(silence); silence = 0; show("on", "live"); });
    events.addEventListener("turned", renew);   // also the first: something may have turned since the page was made
    events.addEventListener("error", () => {
      silence = silence || setTimeout(() => show("off", "not connected; trying again"), 4000);
      if (events.readyState === EventSource.CLOSED) { renew(); setTimeout(listen, 10000); }   // signed out, maybe: then the form comes
    });
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) { renew(); } });
  timer = setTimeout(renew, AGAIN);
  listen();
})();
