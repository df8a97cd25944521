/* The panels under the reels: what the game pays for the chosen stake, and the rounds so far. */

import { byId, el, money, symbol } from "/pages/base.js";

function payOf(game, name, stake, currency) {
  const lineStake = stake / game.lines.length;
  const rows = Object.entries(game.pays[name]).sort(([a], [b]) => b - a);
  return el("div", { class: "pay" }, symbol(name), el("dl", {}, ...rows.flatMap(([count, stakes]) => [
    el("dt", {}, `${count}×`), el("dd", {}, money(stakes * lineStake, currency)),
  ])));
}

function feature(picture, text) {
  return el("p", { class: "feature" }, symbol(picture), el("span", {}, text));
}

function features(game, stake, currency) {
  const shown = [];
  if (game.wild) shown.push(feature(game.wild, "Wild: stands in for every symbol that pays."));
  if (game.respin) {
    const { scatter, needed, factor } = game.respin;
    shown.push(feature(scatter, `${needed} anywhere turn the reels once more for free, and every win counts ×${factor}.`));
  }
  if (game.extra_ball) {
    const best = Math.max(...game.extra_ball.urn);
    const price = money(stake / 2, currency);
    const text = `Extra ball: after a win, ${price} buys a ball that pays up to ×${best} (RTP ${game.extra_ball.rtp}).`;
    shown.push(feature("planet", text));
  }
  return shown;
}

function drawn(line) {
  const cells = line.flatMap((row) => [0, 1, 2].map((place) => el("i", { class: place === row ? "is-on" : "" })));
  return el("div", { class: "line" }, ...cells);
}

/** Show what the game pays for this stake. */
export function showPaytable(game, stake, currency) {
  const paying = Object.keys(game.pays).filter((name) => Object.keys(game.pays[name]).length);
  byId("facts").textContent = `RTP ${game.rtp} · ${game.volatility} volatility`;
  byId("pays").replaceChildren(...paying.map((name) => payOf(game, name, Number(stake), currency)));
  byId("features").replaceChildren(...features(game, Number(stake), currency));
  byId("lines-title").textContent = `${game.lines.length} lines, from the left`;
  byId("lines").replaceChildren(...game.lines.map(drawn));
}

function row(round) {
  const isWon = Number(round.win) > 0;
  const state = el("span", { class: `state is-${round.state}` }, round.state);
  return el(
    "tr", {},
    el("td", { title: round.round }, `#${round.number}`),
    el("td", {}, money(round.staked, round.currency)),
    el("td", { class: isWon ? "is-won" : "" }, isWon ? money(round.win, round.currency) : "–"),
    el("td", {}, state),
  );
}

/** Show the rounds so far, newest first. */
export function showHistory(rounds) {
  byId("no-history").hidden = rounds.length > 0;
  byId("history").replaceChildren(...rounds.map(row));
}
