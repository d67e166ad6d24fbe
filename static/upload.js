/* The progress bar of an upload in the staff area. Without this script the form works as any other. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("#releasefile_form");
  if (!form || !form.querySelector("input[type=file]")) return;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    const note = form.querySelector(".upload");
    const bar = note.querySelector("progress");
    const failed = form.querySelector(".upload-failed");
    const buttons = form.querySelectorAll("input[type=submit]");
    const request = new XMLHttpRequest();

    const busy = (yes) => {
      note.hidden = !yes;
      buttons.forEach((button) => { button.disabled = yes; });
    };
    const fail = () => {
      busy(false);
      failed.hidden = false;
    };

    request.upload.addEventListener("progress", (progress) => {
      if (!progress.lengthComputable) return;
      bar.value = (100 * progress.loaded) / progress.total;
      note.querySelector("output").textContent = `${Math.round(bar.value)} %`;
    });
    request.addEventListener("error", fail);
    request.addEventListener("load", () => {
      if ((request.getResponseHeader("Content-Type") || "").startsWith("application/json")) {
        window.location.assign(JSON.parse(request.responseText).location);
        return;
      }
      if (request.status !== 200) return fail();
      // The form came back with errors: show them where they stand.
      const answer = new DOMParser().parseFromString(request.responseText, "text/html");
      form.querySelectorAll(".errorlist, .errornote:not(.upload-failed)").forEach((old) => old.remove());
      answer.querySelectorAll("#releasefile_form .errorlist").forEach((errors) => {
        const row = errors.closest(".form-row");
        const place = row && form.querySelector(`.${[...row.classList].find((name) => name.startsWith("field-"))}`);
        (place || form).prepend(document.importNode(errors, true));
      });
      busy(false);
    });
    failed.hidden = true;
    busy(true);
    request.open("POST", form.action || window.location.href);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.send(data);
  });
});
