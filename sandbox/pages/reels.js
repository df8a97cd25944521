/* The reels: they turn for as long as the answer takes, then land on what it says. */

import { el, pause, symbol } from "/pages/base.js";

const ROWS = 3;
const LOOP_SYMBOLS = 9;
const LOOP_MILLISECONDS = 420;
const LANDING_MILLISECONDS = 620;
const LANDING_STEP_MILLISECONDS = 190;
const LANDING_SYMBOLS = 6;

const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function cell(name) {
  const box = el("div", { class: "cell" });
  box.append(symbol(name));
  return box;
}

/** Some symbols of a reel in its own order, from a random place on. */
function stretch(strip, length) {
  const from = Math.floor(Math.random() * strip.length);
  return Array.from({ length }, (_, position) => strip[(from + position) % strip.length]);
}

export class Reels {
  constructor(root, strips) {
    this.root = root;
    root.style.setProperty("--reels", strips.length);
    this.strips = strips;
    this.bands = strips.map(() => el("div", { class: "strip" }));
    this.screen = strips.map((strip) => stretch(strip, ROWS));
    this.turning = [];
    root.replaceChildren(...this.bands.map((band) => el("div", { class: "reel" }, band)));
    this.show(this.screen);
  }

  /** Show a screen at rest. */
  show(screen) {
    this.screen = screen;
    this.bands.forEach((band, reel) => band.replaceChildren(...screen[reel].map(cell)));
    this.dim(null);
  }

  /** Start turning, until `land`. */
  spin() {
    this.dim(null);
    this.turning = this.bands.map((band, reel) => {
      const passing = stretch(this.strips[reel], LOOP_SYMBOLS - ROWS);
      const head = this.screen[reel];
      band.replaceChildren(...[...head, ...passing, ...head].map(cell));
      band.classList.add("is-fast");
      const way = `calc(var(--size) * -${LOOP_SYMBOLS})`;
      const frames = [{ transform: `translateY(${way})` }, { transform: "translateY(0)" }];
      return band.animate(frames, { duration: LOOP_MILLISECONDS, iterations: Infinity });
    });
  }

  /** Come to rest on a screen, one reel after the other. */
  async land(screen) {
    await Promise.all(this.bands.map((band, reel) => this.landOne(band, reel, screen[reel])));
    this.show(screen);
  }

  async landOne(band, reel, column) {
    await pause(isStill ? 0 : reel * LANDING_STEP_MILLISECONDS);
    this.turning[reel]?.cancel();
    band.classList.remove("is-fast");
    const passing = stretch(this.strips[reel], LANDING_SYMBOLS);
    band.replaceChildren(...[...column, ...passing].map(cell));
    const way = `calc(var(--size) * -${LANDING_SYMBOLS})`;
    const frames = [{ transform: `translateY(${way})` }, { transform: "translateY(0)" }];
    const easing = "cubic-bezier(.16, .9, .3, 1.06)";
    await band.animate(frames, { duration: isStill ? 1 : LANDING_MILLISECONDS, easing }).finished;
  }

  /** Light up cells, given as one row per reel or as null, and dim the others; null for all clears. */
  dim(rows) {
    this.root.classList.toggle("is-judged", rows !== null);
    this.bands.forEach((band, reel) => {
      [...band.children].forEach((box, row) => {
        const isLit = rows !== null && rows[reel]?.includes(row);
        box.classList.toggle("is-winning", Boolean(isLit));
        box.classList.toggle("is-dull", rows !== null && !isLit);
      });
    });
  }
}
