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
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const search = make("input", { type: "search", placeholder: "ordering, web-1 …" });
  const outcome = make("select", {}, option("", "every outcome"), ...outcomes.map((word) => option(word, word)));
  const scheme = make("select", {}, option("", "as the system"), option("light", "light"), option("dark", "dark"));
  const opening = make("button", { type: "button", textContent: "Open all" });
  const closing = make("button", { type: "button", textContent: "Close all" });
  const count = make("output");

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const found = words.every((word) => texts.get(row).includes(word));
      row.hidden = !found || (outcome.value && !badgesOf(row).includes(outcome.value));
      shown += row.hidden ? 0 : 1;
    }
    for (const section of document.querySelectorAll(".subject, .scenarios, .differences")) {
      section.hidden = ![...section.querySelectorAll(":scope > details, :scope > article")].some((row) => !row.hidden);
    }
    count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
  };
  const openAll = (open) => rows.filter((row) => !row.hidden).forEach((row) => (row.open = open));
  // Browsers open by themselves what a link leads into; the filter may have hidden it.
  const showTarget = () => {
    const target = document.querySelector(":target");
    const row = rows.find((one) => one.contains(target));
    if (!row) return;
    row.closest("section").hidden = row.hidden = false;
    if (foldable) row.open = true;
    row.scrollIntoView();
  };
  // Of a picture that is wider than the page, what is pinned comes into view first.
  const showPins = (within) => {
    for (const picture of within.querySelectorAll(".picture")) {
      const pin = picture.querySelector(".pin")?.getBBox();
      if (pin) picture.scrollLeft = pin.x - picture.clientWidth / 3;
    }
  };

  search.addEventListener("input", filter);
  outcome.addEventListener("change", filter);
  scheme.addEventListener("change", () => (document.documentElement.style.colorScheme = scheme.value));
  opening.addEventListener("click", () => openAll(true));
  closing.addEventListener("click", () => openAll(false));
  addEventListener("load", showTarget);
  addEventListener("hashchange", showTarget);
  addEventListener("click", (event) => event.target.closest("a")?.hash === location.hash && showTarget());
  document.addEventListener("toggle", (event) => event.target.open && showPins(event.target), true);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    search.focus();
  });

  const bar = make(
    "form",
    { className: "filter", onsubmit: () => false },
    make("label", {}, "Search ", search),
    make("label", {}, "Show ", outcome),
    make("label", {}, "Colours ", scheme),
    ...(foldable ? [make("span", {}, opening, closing)] : []),
    count,
  );
  bar.setAttribute("role", "search");
  document.querySelector("main").prepend(bar);
  showPins(document);
})();
