/* Who would get the announcement as its form stands. Without this script the answer opens as a page of its own. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("[data-audience]");
  const answer = document.querySelector(".audience-answer");
  if (!button || !answer) return;

  button.addEventListener("click", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const response = await fetch(button.formAction, {
        method: "POST",
        body: new FormData(button.form),
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      });
      if (response.ok) answer.innerHTML = (await response.json()).html; // the server's own markup
      else answer.textContent = await response.text();
      answer.hidden = false;
    } catch { /* the network: pressing again asks again */ }
    button.disabled = false;
  });
});
