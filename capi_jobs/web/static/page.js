// Shows each time in the reader's zone, and fetches what a page could not wait for. Pages
// say the same without script: UTC, and a link.
"use strict";

const parts = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
const recent = new Intl.DateTimeFormat(undefined, parts);
const older = new Intl.DateTimeFormat(undefined, { ...parts, year: "numeric" });
const year = new Date().getFullYear();

function tellTimes() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    time.textContent = (at.getFullYear() === year ? recent : older).format(at);
  }
}

async function showWhole(link) {
  const answer = await fetch(link.href).catch(() => null);
  if (!answer?.ok) return; // the link stays
  const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = whole.querySelector("main");
  if (!main) return; // a login: the link leads there
  document.querySelector("main").replaceWith(main);
  history.replaceState(null, "", link.href);
  tellTimes();
}

tellTimes();
document.querySelectorAll("a[data-whole]").forEach(showWhole);
