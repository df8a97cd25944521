/* The casino's front page: log in, see the wallet, launch a game; and the chaos dial for everybody. */

import { ask, byId, el, loadSymbols, money, symbol } from "/pages/base.js";

const PARADE = ["cherry", "pharaoh", "planet", "seven", "scarab", "rocket"];
const PURSES = [["cash", "Cash"], ["bonus", "Bonus"], ["in_play", "In play"], ["pending", "Pending"]];
const REFRESH_MILLISECONDS = 5000;
const MOODS = [
  [0, "A perfect network: every message arrives once, in order, and is answered."],
  [25, "An ordinary bad day: now and then an answer is lost or a message comes twice."],
  [60, "A very bad day: delays, duplicates, rollbacks that overtake their bets."],
  [100, "Brutal: nothing is certain, and still every cent has to be right."],
];
const WORDS = {
  "accounts.wrong_credentials": "The brand, e-mail or password is not right.",
  platform_unreachable: "The platform cannot be reached at the moment.",
  offline: "This casino cannot be reached at the moment.",
  not_logged_in: "Please log in again.",
};
const FIGURES = [
  ["rounds", "Rounds"], ["bets", "Bets"], ["wins", "Wins"], ["undone", "Undone"], ["unresolved", "Unresolved"],
];

let catalogue = new Map();
let refreshing = null;

function explain(content) {
  return WORDS[content.code] ?? content.detail ?? content.title ?? `Refused: ${content.code ?? "no reason given"}`;
}

function tell(box, text) {
  box.textContent = text ?? "";
  box.hidden = !text;
}

function showOutside() {
  clearInterval(refreshing);
  byId("welcome").hidden = false;
  byId("inside").hidden = true;
  byId("identity").hidden = true;
}

async function showWallet() {
  const wallet = await ask("GET", "/casino/wallet");
  if (wallet.status === 401) {
    showOutside();
    return false;
  }
  if (!wallet.ok) {
    tell(byId("trouble"), explain(wallet.content));
    return wallet.status !== 0 && wallet.status < 500;
  }
  const { currency } = wallet.content;
  byId("wallet").replaceChildren(...PURSES.map(([name, title]) => el(
    "div", { class: "purse card" },
    el("span", { class: "label" }, title),
    el("span", { class: "amount" }, money(wallet.content[name] ?? 0, currency)),
  )));
  return true;
}

function card(game) {
  const known = catalogue.get(game.id.split(":").at(-1)) ?? catalogue.get(game.title);
  const art = known ? Object.keys(known.pays).slice(0, 3) : ["star", "bell", "star"];
  const facts = known ? [`RTP ${known.rtp}`, `${known.volatility} volatility`] : [game.category ?? "", ""];
  const play = el("button", { class: "gold-button", type: "button", "aria-label": `Play ${game.title}` }, "Play");
  play.addEventListener("click", () => launch(game, play));
  return el(
    "article", { class: "game card" },
    el("div", { class: "art", "data-game": known?.code ?? "" }, ...[art[1], art[0], art[2]].map(symbol)),
    el("div", { class: "text" }, el("h3", {}, game.title), el("p", { class: "quiet small" }, known?.tagline ?? game.provider ?? "")),
    el("div", { class: "foot" }, el("p", { class: "quiet small" }, facts[0], el("br"), facts[1]), play),
  );
}

async function showGames() {
  const games = await ask("GET", "/casino/games");
  if (!games.ok) {
    tell(byId("trouble"), explain(games.content));
    return;
  }
  const { results = [] } = games.content;
  byId("games").replaceChildren(...results.map(card));
  byId("count").textContent = `${results.length} to choose from`;
}

async function launch(game, button) {
  button.disabled = true;
  tell(byId("trouble"), null);
  const launched = await ask("POST", "/casino/launch", { game: game.id });
  if (launched.ok && /^https?:\/\//.test(launched.content.url)) {
    window.location.assign(launched.content.url);
    return;
  }
  button.disabled = false;
  tell(byId("trouble"), explain(launched.content));
  byId("trouble").scrollIntoView({ behavior: "smooth", block: "center" });
}

async function showInside() {
  if (!(await showWallet())) {
    byId("welcome").hidden = false;
    return;
  }
  byId("welcome").hidden = true;
  byId("inside").hidden = false;
  byId("identity").hidden = false;
  byId("who").textContent = sessionStorage.getItem("who") ?? "";
  await showGames();
  clearInterval(refreshing);
  refreshing = setInterval(() => { if (!document.hidden) showWallet(); }, REFRESH_MILLISECONDS);
}

async function logIn(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const fields = Object.fromEntries(new FormData(form));
  const button = form.querySelector("button");
  button.disabled = true;
  const answer = await ask("POST", "/casino/login", fields);
  button.disabled = false;
  form.elements.password.value = "";
  tell(byId("login-trouble"), answer.ok ? null : explain(answer.content));
  if (answer.ok) {
    sessionStorage.setItem("who", fields.email);
    await showInside();
  }
}

async function logOut() {
  await ask("POST", "/casino/logout", {});
  sessionStorage.removeItem("who");
  showOutside();
}

async function suggest() {
  const { content } = await ask("GET", "/casino/suggestions");
  const players = content.players ?? [];
  byId("suggestions").replaceChildren(...players.map(({ email }) => el("option", { value: email })));
  const form = byId("login");
  if (players.length && !form.elements.brand.value) {
    form.elements.brand.value = players[0].brand;
    form.elements.email.value = players[0].email;
  }
}

function showLevel(percent) {
  byId("chaos").value = percent;
  byId("level").textContent = `${percent} %`;
  byId("mood").textContent = MOODS.find(([most]) => percent <= most)[1];
}

async function showReport() {
  if (!byId("report").open || document.hidden) return;
  const { ok, content } = await ask("GET", "/report");
  if (!ok) return;
  const figures = [...FIGURES.map(([name, title]) => [title, content[name]]), ["Surprises", content.surprises.length]];
  byId("figures").replaceChildren(...figures.map(([title, figure]) => el(
    "div", {}, el("dt", { class: "label" }, title), el("dd", { class: "amount" }, figure.toLocaleString("en")),
  )));
}

async function start() {
  await loadSymbols();
  byId("parade").replaceChildren(...PARADE.map(symbol));
  byId("login").addEventListener("submit", logIn);
  byId("logout").addEventListener("click", logOut);
  byId("chaos").addEventListener("input", ({ target }) => showLevel(Number(target.value)));
  byId("chaos").addEventListener("change", ({ target }) => ask("POST", "/chaos", { chaos: Number(target.value) / 100 }));
  byId("report").addEventListener("toggle", showReport);
  setInterval(showReport, REFRESH_MILLISECONDS);
  const [dial, offered] = await Promise.all([ask("GET", "/chaos"), ask("GET", "/games")]);
  showLevel(Math.round((dial.content.chaos ?? 0) * 100));
  const games = offered.content.games ?? [];
  catalogue = new Map(games.flatMap((game) => [[game.code, game], [game.title, game]]));
  await suggest();
  await showInside();
}

start();
