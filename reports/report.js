// What a page that is read with scripts can do beside: filter, search, open and close all, and another colour scheme.
"use strict";
(() => {
  const rows = [
    ...document.querySelectorAll(".subject > details, .scenarios > details, .differences > article, .compared tbody > tr"),
  ];
  const foldable = rows.some((row) => row.localName === "details");
  const head = (row) => row.querySelector("summary") ?? row;
  const badgesOf = (row) => [...head(row).querySelectorAll(".badge")].map((badge) => badge.textContent);
  const make = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const option = (value, text) => make("option", { value, textContent: text });
  const outcomes = [...new Set(rows.flatMap(badgesOf))];

  const search = make("input", { type: "search", placeholder: "ordering, web-1, Ready …" });
  const outcome = make("select", {}, option("", "every outcome"), ...outcomes.map((word) => option(word, word)));
  const scheme = make("select", {}, option("", "as the system"), option("light", "light"), option("dark", "dark"));
  const opening = make("button", { type: "button", textContent: "Open all" });
  const closing = make("button", { type: "button", textContent: "Close all" });
  const found = make("output");

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = head(row).textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word)) || (outcome.value && !badgesOf(row).includes(outcome.value));
      shown += row.hidden ? 0 : 1;
    }
    for (const section of document.querySelectorAll(".subject, .scenarios, .differences")) {
      section.hidden = ![...section.querySelectorAll(":scope > details, :scope > article")].some((row) => !row.hidden);
    }
    found.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
  };
  const openAll = (open) => rows.filter((row) => !row.hidden).forEach((row) => (row.open = open));
  const openTarget = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!rows.includes(target)) return;
    target.closest("section").hidden = target.hidden = false;
    if (foldable) target.open = true;
    target.scrollIntoView();
  };

  search.addEventListener("input", filter);
  outcome.addEventListener("change", filter);
  scheme.addEventListener("change", () => (document.documentElement.style.colorScheme = scheme.value));
  opening.addEventListener("click", () => openAll(true));
  closing.addEventListener("click", () => openAll(false));
  addEventListener("hashchange", openTarget);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    search.focus();
  });
  addEventListener("beforeprint", () => document.querySelectorAll(".trouble details").forEach((row) => (row.open = true)));

  const bar = make(
    "form",
    { className: "filter", onsubmit: () => false },
    make("label", {}, "Search ", search),
    make("label", {}, "Show ", outcome),
    make("label", {}, "Colours ", scheme),
    ...(foldable ? [opening, closing] : []),
    found,
  );
  bar.setAttribute("role", "search");
  document.querySelector("main").prepend(bar);
  openTarget();
})();
