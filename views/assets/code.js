// Makes the pages more comfortable; each of them works without this. Times in the browser's own zone,
// countdowns, a password that can be looked at, and the code taken from the text message where the
// browser offers that (WebOTP), or from the whole text when it is pasted.

const language = document.documentElement.lang;
// Six digits in a row, or twice three that are no part of a phone number.
const SIX_DIGITS =
  /(?<![\p{Nd}+])\p{Nd}{6}(?!\p{Nd})|(?<![\p{Nd}+][\s-]?)\p{Nd}{3}[\s-]\p{Nd}{3}(?![\s-]?\p{Nd})/gu;

showLocalTimes();
for (const element of document.querySelectorAll("[data-until]")) countDown(element);
for (const button of document.querySelectorAll("[data-reveal]")) offerToReveal(button);
for (const form of document.querySelectorAll("form")) sendOnce(form);
takeCodeFromText();
findCodeInPaste();
askForDelivery();

function showLocalTimes() {
  for (const element of document.querySelectorAll("time[data-local]")) {
    const near = { timeStyle: "short" };
    const style = element.dataset.local === "time" ? near : { ...near, dateStyle: "medium" };
    element.textContent = new Intl.DateTimeFormat(language, style).format(
      new Date(element.dateTime),
    );
  }
}

// Counts from when the page was drawn, by a clock that nobody can set. Longer than an hour, the time of
// day says more. Screen readers hear the end, not every second.
function countDown(element) {
  const { until, text, over, ends } = element.dataset;
  const endsAt = performance.now() + Number(until);
  if (Number(until) > 3_600_000) return;

  element.setAttribute("aria-live", "off");
  const tick = () => {
    const seconds = Math.ceil((endsAt - performance.now()) / 1000);
    if (seconds <= 0) {
      if (ends !== undefined) endCode();
      say(document.getElementById(ends) ?? element, over);
      return;
    }
    element.textContent = text.replace("{left}", () => inWords(seconds));
    setTimeout(tick, 1000);
  };
  tick();
}

// A region has to be live for a moment before it changes, or nothing is said.
function say(region, text) {
  region.setAttribute("aria-live", "polite");
  setTimeout(() => {
    region.textContent = text;
  }, 100);
}

// What the page says and offers once its code is over. Whoever was typing goes on at the sentence that tells of
// it, not at a button, which the key that they are about to press would push.
function endCode() {
  const typing = document.activeElement?.closest("[data-usable]");
  for (const element of document.querySelectorAll("[data-usable]")) element.hidden = true;
  for (const element of document.querySelectorAll("[data-once-over]")) element.hidden = false;
  if (typing) document.getElementById("code-over").focus();
}

function inWords(seconds) {
  const minutes = seconds > 90;
  const unit = { style: "unit", unit: minutes ? "minute" : "second", unitDisplay: "long" };
  return new Intl.NumberFormat(language, unit).format(minutes ? Math.ceil(seconds / 60) : seconds);
}

function offerToReveal(button) {
  const input = document.getElementById(button.dataset.reveal);
  const hidden = { text: button.textContent, label: button.getAttribute("aria-label") };
  const shown = { text: button.dataset.textHide, label: button.dataset.labelHide };
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.textContent = show ? shown.text : hidden.text;
    button.setAttribute("aria-label", show ? shown.label : hidden.label);
  });
  // A password manager should find a password field.
  input.form.addEventListener("submit", () => {
    input.type = "password";
  });
}

// A second click must not count as a second attempt or ask for a second text.
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if ("busy" in form.dataset) event.preventDefault();
    form.dataset.busy = "";
  });
  // Back from the next page, the form can be used again.
  addEventListener("pageshow", () => delete form.dataset.busy);
}

async function takeCodeFromText() {
  const form = document.querySelector("form[data-code-form]");
  if (form === null || !("OTPCredential" in window)) return;

  const listening = new AbortController();
  form.addEventListener("submit", () => listening.abort());
  try {
    const { signal } = listening;
    const text = await navigator.credentials.get({ otp: { transport: ["sms"] }, signal });
    form.elements.code.value = text.code;
    form.requestSubmit();
  } catch {
    // Refused, given up or already typed: the field is there.
  }
}

// Whoever copied the whole text pastes it here: the six digits in it are the code, if there are no others.
function findCodeInPaste() {
  const input = document.querySelector("form[data-code-form]")?.elements.code;
  input?.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text").normalize("NFKC") ?? "";
    const found = text.matchAll(SIX_DIGITS);
    const codes = new Set(Array.from(found, ([code]) => code.replace(/[\s-]/g, "")));
    if (codes.size !== 1) return;
    event.preventDefault();
    [input.value] = codes;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// Whether the network says that the text arrived: asked a few times by drawing the page again, of which only
// that line is taken. Asking sends nothing.
async function askForDelivery() {
  for (const seconds of [4, 8, 16, 30]) {
    const shown = document.querySelector("#delivery[data-waiting]");
    if (shown === null) return;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const news = page.getElementById("delivery");
      if (!answer.ok || news === null || "waiting" in news.dataset) continue;
      delete shown.dataset.waiting;
      shown.replaceChildren(...news.childNodes);
      showLocalTimes();
    } catch {
      // The page itself can be loaded again.
    }
  }
}
