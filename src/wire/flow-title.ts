/** The text of a flow's key, as it is kept with examples, in a form for people. */

/**
 * `10.0.0.9 > 10.0.0.7:8080/tcp (dialled 10.96.0.10:80, seen as 10.0.0.1)` of `flowKeyText` (src/domain/flow.ts); any other
 * text comes back as it is.
 */
export function flowTitle(keyText: string): string {
  const parts = keyText.split('|');
  if (parts.length !== 7) return keyText;
  const [protocol = '', client = '', server = '', port = '', dialled = '', seenAs = '', guess = ''] = parts;
  const notes = [
    ...(dialled === '' ? [] : [`dialled ${endpointText(dialled)}`]),
    ...(seenAs === '' ? [] : [`seen as ${seenAs}`]),
    ...(guess === '' ? [] : [`picked up mid-stream, port ${guess.replace('? ', '')} at the other end`]),
  ];
  const ends = `${client} > ${hostText(server)}:${port}/${protocol}`;
  return notes.length === 0 ? ends : `${ends} (${notes.join(', ')})`;
}

/** Of `ADDRESS PORT`. */
function endpointText(text: string): string {
  const [ip = '', port = ''] = text.split(' ');
  return `${hostText(ip)}:${port}`;
}

function hostText(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}
