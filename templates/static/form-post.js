// Sends the answer on without a press of the button (OAuth 2.0 Form Post Response Mode).
// The prototype's method is called because a field may be named "submit".
"use strict";
{
  const form = document.getElementById("answer");
  if (form) HTMLFormElement.prototype.submit.call(form);
}
