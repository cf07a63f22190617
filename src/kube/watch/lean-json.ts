/**
 * JSON of API objects, parsed without the parts that are half of their bytes and that nobody reads: who set which field, and the
 * schemas of custom resources. They are emptied before parsing, which then takes half the time and leaves half the garbage.
 */

/**
 * A name and the bracket that opens its value, as Go's encoder writes them: without spaces, which is the only form that is cut.
 * The quote before the name is looked at last: there are hundreds in an object, and a search for one stops at each.
 * Inside a text the same characters have their quotes escaped, so it is found only where it is a name.
 */
const EMPTIED: readonly { readonly opening: string; readonly instead: string }[] = [
  { opening: 'managedFields":[', instead: 'managedFields":[]' },
  { opening: 'openAPIV3Schema":{', instead: 'openAPIV3Schema":{}' },
];

/** Undefined when the text is no JSON. What was emptied need not have been any. */
export function parseLean(text: string): unknown {
  const lean = EMPTIED.reduce(emptied, text);
  try {
    return JSON.parse(lean);
  } catch {
    return undefined;
  }
}

function emptied(text: string, { opening, instead }: (typeof EMPTIED)[number]): string {
  let at = placeOf(opening, text, 0);
  if (at === -1) return text;
  let lean = '';
  let from = 0;
  while (at !== -1) {
    const end = endOfBrackets(text, at + opening.length - 1);
    // Brackets that do not end are no JSON, which its parser says.
    if (end === -1) return text;
    lean += text.slice(from, at) + instead;
    from = end;
    at = placeOf(opening, text, from);
  }
  return lean + text.slice(from);
}

/** Where the name stands; more letters, or a quote behind a backslash, make it a part of a longer one. */
function placeOf(opening: string, text: string, from: number): number {
  let at = text.indexOf(opening, from);
  while (at !== -1 && (text[at - 1] !== '"' || text[at - 2] === '\\')) at = text.indexOf(opening, at + 1);
  return at;
}

/** Just behind the bracket that closes the one at `from`; -1 when there is none. */
function endOfBrackets(text: string, from: number): number {
  let level = 0;
  for (let at = from; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // quote
        at = endOfText(text, at);
        if (at === -1) return -1;
        break;
      case 0x5b: // [
      case 0x7b: // {
        level++;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        level--;
        if (level === 0) return at + 1;
        break;
      default:
    }
  }
  return -1;
}

/** The quote that closes the one at `from`; -1 when there is none. */
function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c) at++;
  }
  return -1;
}
