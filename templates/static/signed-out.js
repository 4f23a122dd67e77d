// Goes back to the application once every frame has loaded, and after three seconds in any case; the link does it without.
"use strict";
{
  const next = document.getElementById("next");
  const go = () => { if (next) window.location.replace(next.href); };
  window.addEventListener("load", go);
  window.setTimeout(go, 3000);
}
