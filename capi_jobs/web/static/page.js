// Shows each time in the reader's zone; UTC stays in its title. Nothing else needs script.
"use strict";

const parts = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
const recent = new Intl.DateTimeFormat(undefined, parts);
const older = new Intl.DateTimeFormat(undefined, { ...parts, year: "numeric" });
const year = new Date().getFullYear();
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  time.textContent = (at.getFullYear() === year ? recent : older).format(at);
}
