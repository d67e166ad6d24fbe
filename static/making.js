/* The progress bar of codes that are being made. Without this script the page reloads itself. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const note = document.querySelector(".making[data-progress]");
  if (!note) return;
  const bar = note.querySelector("progress");
  const output = note.querySelector("output");

  const look = async () => {
    try {
      const answer = await fetch(note.dataset.progress, { credentials: "same-origin" });
      const state = await answer.json();
      bar.value = state.made;
      output.textContent = `${state.made} / ${state.size}`;
      if (!state.making) return window.location.reload();
    } catch { /* the network, or a log-in that is over: the page says so when it is reloaded */ }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
});
