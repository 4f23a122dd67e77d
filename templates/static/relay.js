// Goes on as soon as the phone has answered: hears of it where it can, asks every two seconds where it cannot, and looks
// in any case once the code's time is over. Without scripts the page reloads itself.
// The code of a mini program is shown once it has come; when it does not, nobody is told of it.
"use strict";
{
  const code = document.getElementById("program-code");
  if (code) {
    const show = () => { document.getElementById("program").hidden = false; };
    if (code.complete && code.naturalWidth) show();
    else code.addEventListener("load", show);
  }
}
{
  const page = document.getElementById("waiting");
  if (page) {
    const { events, news, next, left } = page.dataset;
    const go = () => window.location.replace(next);
    let asking = 0;
    const ask = () => fetch(news, { cache: "no-store" })
      .then((answer) => (answer.ok ? answer.json() : { news: answer.status === 404 }))
      .then((answer) => { if (answer.news) go(); }, () => undefined);
    const rest = () => { window.clearInterval(asking); asking = 0; };
    const begin = () => { if (!asking) asking = window.setInterval(ask, 2000); };
    // A proxy may hold the stream back, so nothing but its first word stops the asking.
    const unheard = window.setTimeout(begin, 3000);
    if (window.EventSource) {
      const source = new EventSource(events);
      source.addEventListener("waiting", () => { window.clearTimeout(unheard); rest(); });
      source.addEventListener("error", begin);
      source.addEventListener("look", () => { source.close(); go(); });
    }
    window.setTimeout(go, (Number(left) + 1) * 1000);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  }
}
