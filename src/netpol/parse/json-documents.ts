/** JSON manifests: one value, or several one after the other. Much faster than YAML, so that large Lists come as JSON. */
import { scanJson } from './json-scan.ts';
import type { JsonScan } from './json-scan.ts';
import { unreadable } from './object-body.ts';
import type { BodyProblem, ObjectBody } from './object-body.ts';

/** The documents; one that could not be read when the text is no JSON. Never throws. */
export function readJsonDocuments(text: string): ObjectBody[] {
  const scan = scanJson(text);
  if (scan === null) return [broken(text)];
  return scan.map(({ start, end, line, duplicates }) => {
    const part = text.slice(start, end);
    const parsed = parse(part);
    if ('error' in parsed) return broken(part);
    return { value: parsed.value, line, itemLines: [], problems: duplicates.map(problemOf) };
  });
}

/** Text that the scan refuses may be JSON for the parser: then it was too deep, or no object. */
function broken(text: string): ObjectBody {
  const parsed = parse(text);
  const reason = 'error' in parsed ? parsed.error : 'nested too deeply';
  return unreadable({ line: null, field: null, message: `broken JSON: ${reason}` });
}

function parse(text: string): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    // A part of the text may stand in the message.
    return { error: (error instanceof Error ? error.message : String(error)).slice(0, 300) };
  }
}

function problemOf({ key, line }: JsonScan['duplicates'][number]): BodyProblem {
  return { line, field: null, message: `key ${JSON.stringify(key)} is given twice in one object` };
}
