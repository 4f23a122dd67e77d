// Shows a button that copies the link, where the browser can; without it the link is selected by hand.
"use strict";
{
  const link = document.getElementById("link");
  const button = document.getElementById("copy");
  const done = document.getElementById("copied");
  const copy = () => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(link.value);
    link.select();
    return document.execCommand("copy") ? Promise.resolve() : Promise.reject(new Error("not copied"));
  };
  if (link && button && done) {
    link.addEventListener("focus", () => link.select());
    button.hidden = false;
    button.addEventListener("click", () => {
      copy().then(() => { done.textContent = done.dataset.done; }, () => link.select());
    });
  }
}
