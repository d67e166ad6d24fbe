/* The progress bar of codes that are being made, and of files of subscribers. Without this script a link loads the page again. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const note = document.querySelector(".making[data-progress]");
  if (!note) return;
  const bar = note.querySelector("progress");
  const output = note.querySelector("output");
  const made = document.querySelector(".field-made .readonly"); // a promotion's codes alone have it
  const isTyped = () => [...note.closest("form").querySelectorAll("input[type=text]")].some((field) => field.value !== field.defaultValue);

  const look = async () => {
    let isOver = false;
    try {
      const answer = await fetch(note.dataset.progress, { credentials: "same-origin" });
      if (answer.redirected) {
        isOver = true; // the log-in is over, and the page says so when it is loaded again
      } else {
        const state = await answer.json();
        bar.value = state.made;
        if (made) made.textContent = state.made;
        output.textContent = `${state.made} / ${state.size}`;
        isOver = !state.making;
      }
    } catch { /* the network: the next look may find it again */ }
    if (isOver && !isTyped()) return window.location.reload(); // a label that somebody is typing would be lost
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
});
