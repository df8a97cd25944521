/* What both pages share. Text from outside only ever becomes text nodes, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Make an element with attributes and children; strings become text. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Find an element by its id. */
export const byId = (id) => document.getElementById(id);

/** Make the picture of a symbol. */
export function symbol(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "symbol");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", name);
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${name}`);
  picture.append(use);
  return picture;
}

/** Put the drawings of all symbols into the page, so that they can be used by name. */
export async function loadSymbols() {
  const drawn = await (await fetch("/pages/symbols.svg")).text();
  const sheet = new DOMParser().parseFromString(drawn, "image/svg+xml").documentElement;
  for (const [name, value] of [["width", "0"], ["height", "0"], ["aria-hidden", "true"], ["class", "sheet"]]) {
    sheet.setAttribute(name, value);
  }
  document.body.prepend(document.importNode(sheet, true));
}

/** Ask the server; the answer has `ok`, `status` and `content`, and never throws. */
export async function ask(method, path, content) {
  const options = { method, headers: { Accept: "application/json" } };
  if (content !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(content);
  }
  try {
    const answer = await fetch(path, options);
    const text = await answer.text();
    return { ok: answer.ok, status: answer.status, content: text ? JSON.parse(text) : {} };
  } catch {
    return { ok: false, status: 0, content: { code: "offline" } };
  }
}

/** Write an amount with its currency. */
export function money(amount, currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).format(Number(amount));
  } catch {
    return `${amount} ${currency}`;
  }
}

/** Wait so many milliseconds. */
export const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
