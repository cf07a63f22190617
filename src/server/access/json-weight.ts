/**
 * What a JSON text would cost once parsed, told from its bytes: how deep it is and how many values it has. A body within
 * its size can hold ten million empty arrays, and parsing makes an object of each.
 */

export interface JsonBounds {
  readonly maxDepth: number;
  /** Arrays and objects. */
  readonly maxContainers: number;
  /** Commas outside of strings: values, but one for each container. */
  readonly maxCommas: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What is out of bounds, as a sentence, or null. Text that is no JSON gets any answer: parsing it fails later. */
export function jsonExcess(text: Buffer, bounds: JsonBounds): string | null {
  let depth = 0;
  let containers = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at] ?? 0) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case COMMA:
        if (++commas > bounds.maxCommas) return `it has more than ${bounds.maxCommas} values`;
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        if (++containers > bounds.maxContainers)
          return `it has more than ${bounds.maxContainers} arrays and objects`;
        if (++depth > bounds.maxDepth) return `it is nested deeper than ${bounds.maxDepth}`;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth--;
        break;
      default:
    }
  }
  return null;
}

/** Of the closing quote; the text's length when there is none. */
function endOfString(text: Buffer, opening: number): number {
  let at = opening + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}
