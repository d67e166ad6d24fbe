/* Passkeys: hands the question of a form to the browser, and sends the form with the answer. Without this script codes are the way. */
"use strict";

document.querySelectorAll("form[data-question], form[data-invitation]").forEach((form) => {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  const { question, invitation } = form.dataset;
  const button = form.querySelector("button[data-passkey]");
  const failed = form.querySelector("[data-failed]");

  const answer = () => (invitation
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(invitation)) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(question)) }));

  const ask = async () => {
    const { name, password } = form.elements;
    if (![name, password].every((field) => !field?.reportValidity || field.reportValidity())) return;
    failed.textContent = "";
    button.disabled = true;
    try {
      form.elements.passkey.value = JSON.stringify(await answer());
      form.submit();
    } catch {
      failed.textContent = failed.dataset.failed;
      button.disabled = false;
    }
  };

  button.addEventListener("click", ask);
  if (invitation) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask();
    });
  }
  button.hidden = false;
  form.querySelectorAll("[data-without-passkeys]").forEach((note) => { note.hidden = true; });
});
