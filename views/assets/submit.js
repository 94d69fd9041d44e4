// Sends the form that only carries values on; without scripts, its button does.
document.querySelector("form[data-submit]")?.requestSubmit();
