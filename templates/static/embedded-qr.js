// Has WeChat's script put its QR code into the box, and goes to WeChat's own page when that does not stand there within
// three seconds. Without scripts the button goes there.
"use strict";
{
  const box = document.getElementById("wechat");
  const form = document.getElementById("full-page");
  if (box && form) {
    const { script, app, callback, state, lang, fastLogin } = box.dataset;
    const leave = () => { window.clearTimeout(patience); HTMLFormElement.prototype.submit.call(form); };
    const patience = window.setTimeout(leave, 3000);
    let known = null;
    // The frame shall send this window on after a scan, in which nobody has touched it. A browser may stop that in a frame
    // that was not told so before it loads. WeChat's own attribute stands where it sets one.
    const allow = (frame) => frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-top-navigation");
    const make = document.createElement;
    const allowing = (name, ...more) => {
      const made = make.call(document, name, ...more);
      if (made instanceof HTMLIFrameElement) allow(made);
      return made;
    };
    const watch = () => {
      const frame = box.querySelector("iframe");
      if (!frame || frame === known) return;
      known = frame;
      frame.title = box.getAttribute("aria-label");
      frame.addEventListener("load", () => { window.clearTimeout(patience); box.classList.add("there"); });
      if (!frame.hasAttribute("sandbox")) {
        allow(frame);
        frame.src = frame.src;
      }
    };
    new MutationObserver(watch).observe(box, { childList: true, subtree: true });
    box.hidden = false;
    form.querySelector("button").classList.add("plain");
    const theirs = document.createElement("script");
    theirs.addEventListener("error", leave);
    theirs.addEventListener("load", () => {
      const options = { self_redirect: false, id: box.id, appid: app, scope: "snsapi_login", redirect_uri: callback, state, lang, stylelite: 1 };
      if (fastLogin === "0") options.fast_login = 0;
      document.createElement = allowing;
      try { new window.WxLogin(options); } catch { leave(); } finally { document.createElement = make; }
    });
    theirs.src = script;
    theirs.async = true;
    document.head.append(theirs);
  }
}
