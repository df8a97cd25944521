/* The page on which a person plays: stake, spin, and what comes of it. */

import { ask, byId, el, loadSymbols, money, pause } from "/pages/base.js";
import { showHistory, showPaytable } from "/pages/paytable.js";
import { Reels } from "/pages/reels.js";

const HISTORY_LENGTH = 12;
const LINE_MILLISECONDS = 1100;
const BANNER_MILLISECONDS = 1500;
const SECOND_LOOK_MILLISECONDS = 4000;
const REASONS = {
  100: "Your balance does not cover this stake.",
  101: "Your account cannot play at the moment.",
  105: "A limit of yours has been reached.",
  106: "This game is not offered here.",
  107: "This game is not available.",
  153: "This game is closed for you.",
  154: "This currency is not accepted.",
  draining: "The game is closing. Please come back later.",
  unknown_session: "This session has ended. Please start the game from the casino again.",
};

const session = new URLSearchParams(window.location.search).get("session");
const state = { game: null, currency: "EUR", stake: null, rounds: [], reels: null, isBusy: false, showing: 0 };

function say(text, isBad = false) {
  byId("message").textContent = text;
  byId("message").classList.toggle("is-bad", isBad);
}

function showBalance(balance) {
  if (balance !== null && balance !== undefined) byId("balance").textContent = money(balance, state.currency);
}

function showWin(amount) {
  byId("win").textContent = amount === null ? "–" : money(amount, state.currency);
}

/** Celebrate a round only when it brought more than it cost. */
function celebrate(isGain) {
  byId("win").classList.toggle("is-won", isGain);
  byId("reels").classList.toggle("is-quiet", !isGain);
}

function chooseStake(stake) {
  state.stake = stake;
  for (const chip of byId("stakes").children) chip.setAttribute("aria-checked", String(chip.value === stake));
  showPaytable(state.game, stake, state.currency);
}

function offerStakes() {
  byId("stakes").replaceChildren(...state.game.stakes.map((stake) => el(
    "button",
    { class: "chip", type: "button", role: "radio", value: stake, onclick: () => chooseStake(stake) },
    money(stake, state.currency),
  )));
}

async function showBanner(milliseconds, ...content) {
  byId("banner").replaceChildren(...content);
  byId("banner").hidden = false;
  await pause(milliseconds);
  byId("banner").hidden = true;
}

/** Light up one winning line after the other until the next spin. */
async function showLines(wins) {
  const showing = ++state.showing;
  const rowsOf = ({ line, count }) => state.game.lines[line].map((row, reel) => (reel < count ? [row] : []));
  const all = state.game.reels.map((_, reel) => wins.flatMap((win) => rowsOf(win)[reel]));
  state.reels.dim(all);
  await pause(LINE_MILLISECONDS);
  for (let turn = 0; showing === state.showing && wins.length > 1 && turn < wins.length * 3; turn += 1) {
    const win = wins[turn % wins.length];
    state.reels.dim(rowsOf(win));
    say(`Line ${win.line + 1}: ${win.count} × ${win.symbol} pays ${money(win.amount, state.currency)}`);
    await pause(LINE_MILLISECONDS);
  }
}

async function showRespin(round) {
  const { factor } = state.game.respin;
  await showBanner(BANNER_MILLISECONDS, el("span", { class: "label" }, "Three suns"), el("strong", {}, `Free re-spin ×${factor}`));
  state.reels.spin();
  await pause(500);
  await state.reels.land(round.respin.screen);
}

async function showBall({ multiplier, amount }) {
  const said = multiplier ? `The extra ball pays ${money(amount, state.currency)}` : "Not this time";
  await showBanner(BANNER_MILLISECONDS + 400, el("div", { class: "ball" }, `×${multiplier}`), el("span", {}, said));
}

async function showPlayed(round) {
  await state.reels.land(round.spin.screen);
  let { wins } = round.spin;
  showWin(round.spin.amount);
  if (round.respin) {
    await showRespin(round);
    wins = round.respin.wins;
  }
  if (round.ball) await showBall(round.ball);
  showWin(round.win);
  const isGain = Number(round.win) > Number(round.staked);
  celebrate(isGain);
  if (isGain) say(`You win ${money(round.win, state.currency)}`);
  else say(Number(round.win) ? `${money(round.win, state.currency)} comes back` : "No win this time.");
  if (round.state === "pending") say("The casino has not confirmed this round yet; it will not be forgotten.");
  if (wins.length) showLines(wins);
}

async function showNotPlayed(text, isBad) {
  await state.reels.land(state.reels.screen);
  showWin(null);
  say(text, isBad);
}

async function showRound(round) {
  if (round.spin) await showPlayed(round);
  else if (round.state === "refused") await showNotPlayed(REASONS[round.code] ?? round.message ?? "Refused.", true);
  else if (round.state === "undone") await showNotPlayed("The connection failed. The round is void and your stake is yours.", true);
  else await showNotPlayed("No answer yet. This round is being resolved.", true);
  state.rounds = [round, ...state.rounds].slice(0, HISTORY_LENGTH);
  showHistory(state.rounds);
  showBalance(round.balance);
  if (round.state === "pending" || round.balance === null) setTimeout(lookAgain, SECOND_LOOK_MILLISECONDS);
}

/** Ask once more how things stand, after an answer that left something open. */
async function lookAgain() {
  const table = await ask("POST", "/table", { session });
  if (!table.ok || state.isBusy) return;
  state.rounds = table.content.rounds;
  showHistory(state.rounds);
  showBalance(table.content.balance);
  if (state.rounds.some((round) => round.state === "pending")) setTimeout(lookAgain, SECOND_LOOK_MILLISECONDS);
}

async function spin() {
  if (state.isBusy || !state.game) return;
  state.isBusy = true;
  state.showing += 1;
  byId("spin").disabled = true;
  say("");
  showWin(null);
  celebrate(false);
  state.reels.spin();
  const extra = Boolean(state.game.extra_ball) && byId("extra").checked;
  const [answer] = await Promise.all([ask("POST", "/spin", { session, stake: state.stake, extra }), pause(550)]);
  if (answer.ok) await showRound(answer.content);
  else await showNotPlayed(REASONS[answer.content.code] ?? "The game cannot be reached at the moment.", true);
  state.isBusy = false;
  byId("spin").disabled = false;
}

async function start() {
  await loadSymbols();
  const table = await ask("POST", "/table", { session });
  if (!table.ok) {
    say(REASONS[table.content.code] ?? "The game cannot be reached at the moment.", true);
    return;
  }
  const { game, currency, balance, rounds } = table.content;
  Object.assign(state, { game, currency, rounds, reels: new Reels(byId("reels"), game.reels) });
  document.title = game.title;
  document.body.dataset.game = game.code;
  byId("title").textContent = game.title;
  byId("tagline").textContent = game.tagline;
  byId("extra-choice").hidden = !game.extra_ball;
  offerStakes();
  chooseStake(game.stakes[3]);
  showHistory(rounds);
  showBalance(balance);
  byId("spin").disabled = false;
  byId("spin").addEventListener("click", spin);
  document.addEventListener("keydown", (event) => {
    if (event.code !== "Space" || event.target.closest("button, input, a, summary")) return;
    event.preventDefault();
    spin();
  });
}

start();
