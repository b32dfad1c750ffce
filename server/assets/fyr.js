// Keeps an open dashboard true: fetches the page anew when the server says that something changed,
// and changes only what differs, so that nothing flickers and no focus or opened detail is lost.
"use strict";

const REFRESH_MS = 30_000;
const live = document.getElementById("live");
const target = () => document.querySelector("[data-live]");
let fetching = false;
let again = false;

function say(text) {
  if (live && live.textContent !== text) {
    live.textContent = text;
    live.hidden = text === "";
  }
}

function keep(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  // What a person chose or opened stays as it is.
  if (old.nodeName === "SELECT") return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  keepChildren(old, fresh);
}

function keepChildren(old, fresh) {
  const named = new Map([...old.children].filter((it) => it.id).map((it) => [it.id, it]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = next.id ? named.get(next.id) : at && !at.id ? at : undefined;
    if (!same) {
      old.insertBefore(next, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    keep(same, next);
  }
  while (at) {
    const rest = at.nextSibling;
    at.remove();
    at = rest;
  }
}

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    const old = target();
    if (answer.redirected || !fresh || !old || fresh.id !== old.id) {
      location.reload();
      return;
    }
    keep(old, document.adoptNode(fresh));
    say("live");
  } catch {
    say("the server does not answer");
  } finally {
    fetching = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

if (target()) {
  const changes = new EventSource("/api/v1/fleet/changes");
  changes.addEventListener("changed", refresh);
  changes.addEventListener("open", () => say("live"));
  changes.addEventListener("error", () => say("the server does not answer"));
  // Times are updated as they pass, too.
  setInterval(refresh, REFRESH_MS);
}

const print = document.getElementById("print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

// On a wide screen there is room for what is well, too.
if (matchMedia("(min-width: 60rem)").matches) {
  for (const part of document.querySelectorAll("details[data-wide]")) part.open = true;
}

for (const choice of document.querySelectorAll(".filter select")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}
