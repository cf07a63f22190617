/**
 * Recognises lines that the conntrack tool, or a person who made a capture, writes between records. They say nothing
 * about a flow, but one of them says that flows were lost.
 */
import { isUtf8 } from 'node:buffer';
import { wordBytes } from './word-reader.ts';

/** What conntrack-tools 1.4.7 prints when its socket overflowed; it goes on, and does not say how many events are gone. */
const LOST = wordBytes('WARNING: We have hit ENOBUFS!');

const NOTICES = [
  'conntrack v', // conntrack v1.4.7 (conntrack-tools): 12 flow entries have been shown.
  'NOTICE: ',
  'WARNING: ',
  'This message means that the current netlink socket',
  'Please, check --buffer',
  'nfct_labelmap_new: ', // `-o labels` without a label map
  '#', // a comment in a capture
].map((text) => wordBytes(text));

/** `lost` for a report of lost events, `notice` for any other line of the tool's own, null for anything else. */
export function noticeOf(line: Uint8Array): 'notice' | 'lost' | null {
  if (!isUtf8(line) || line.includes(0)) return null;
  if (startsWith(line, LOST)) return 'lost';
  return NOTICES.some((notice) => startsWith(line, notice)) ? 'notice' : null;
}

function startsWith(line: Uint8Array, text: Uint8Array): boolean {
  return line.length >= text.length && text.every((byte, index) => byte === line[index]);
}
