// Buttons that copy a field. They are shown by this script, so that none is without effect where
// it does not run; the fields can be selected by hand as well.
"use strict";

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Without https there is no clipboard; this older way may still be there.
    return document.execCommand("copy");
  }
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  const status = button.parentElement.querySelector("[role=status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    status.textContent = (await copy(field)) ? "Copied." : "Please copy the marked text.";
  });
}
