"use strict";
// Sorts, filters and marks. All that is to be read is there without it. Text of pages is only ever
// read (textContent), never parsed again.
(() => {
  const byId = (id) => document.getElementById(id);
  const samples = byId("samples");
  const cards = [...samples.children];
  const texts = new Map(cards.map((card) => [card, card.textContent.toLowerCase()]));
  const number = (card, name) => Number(card.dataset[name]);
  const first = (card) => Number(card.dataset.categories.split(" ")[0] || 0);
  const falling = (name) => (a, b) => number(b, name) - number(a, name);
  const doubt = falling("doubt");
  const orders = {
    doubt,
    removed: falling("removed"),
    share: falling("share"),
    category: (a, b) => first(a) - first(b) || doubt(a, b),
    number: (a, b) => number(a, "number") - number(b, "number"),
  };
  const visible = () => [...samples.children].filter((card) => !card.hidden);

  function update() {
    const kind = byId("kind").value;
    const category = byId("category").value;
    const words = byId("find").value.toLowerCase();
    cards.sort(orders[byId("order").value]);
    for (const card of cards) {
      card.hidden =
        (kind !== "" && !card.dataset.kinds.split(" ").includes(kind)) ||
        (category !== "" && !card.dataset.categories.split(" ").includes(category)) ||
        !texts.get(card).includes(words);
    }
    samples.append(...cards);
    byId("shown").value = `${visible().length} of ${cards.length} pages`;
  }

  function mark() {
    const wrong = cards.filter((card) => card.querySelector(".wrong").checked);
    for (const card of cards) card.classList.toggle("is-wrong", wrong.includes(card));
    byId("count").textContent = String(wrong.length);
    byId("marked").value = wrong
      .map((card) => [card.querySelector("h3"), card.querySelector(".id")])
      .map((parts) => parts.filter(Boolean).map((part) => part.textContent).join("\t"))
      .join("\n");
  }

  function move(step) {
    const shown = visible();
    const here = shown.findIndex((card) => card.contains(document.activeElement));
    const next = shown[here < 0 ? 0 : Math.min(Math.max(here + step, 0), shown.length - 1)];
    if (next) next.focus();
  }

  function key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.matches("select, textarea, input[type=search]")) return;
    const card = document.activeElement.closest("article");
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "w" && card) card.querySelector(".wrong").click();
    else return;
    event.preventDefault();
  }

  byId("controls").hidden = false;
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("controls").addEventListener("input", update);
  for (const label of document.querySelectorAll(".mark")) label.hidden = false;
  samples.addEventListener("change", mark);
  document.addEventListener("keydown", key);
  update();
})();
