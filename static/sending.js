/* The figures of a sending, every two seconds. Without this script the page is loaded again by hand. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const page = document.querySelector("[data-figures]");
  if (!page) return;
  const bar = page.querySelector("progress");

  const look = async () => {
    try {
      const answer = await fetch(page.dataset.figures, { credentials: "same-origin" });
      const figures = await answer.json();
      if (figures.state !== page.dataset.state) return window.location.reload(); // other buttons, and perhaps a reason
      bar.max = figures.total || 1;
      bar.value = figures.done;
      for (const cell of page.querySelectorAll("[data-figure]")) cell.textContent = figures[cell.dataset.figure];
    } catch { /* the network, or a log-in that is over: the page says so when it is loaded again */ }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
});
