/** Why an edge is held back out of drafts until a person takes it in (DESIGN section 5). Codes are stable. */
export const QUARANTINE_REASONS = ['disputed', 'scan', 'burst', 'one-way-udp', 'one-hour'] as const;

export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/** For people. */
export const QUARANTINE_SENTENCES: Readonly<Record<QuarantineReason, string>> = {
  disputed: 'A node that its connections passed was watched without loss and says that there were none.',
  scan: 'Its client tried more than 20 servers or ports that did not answer, as a scan does.',
  burst:
    'Its client, known for a day or more, reached more than 20 servers or ports that were new to it within 10 minutes.',
  'one-way-udp':
    'UDP that was never answered, in fewer than 3 batch windows of 10 s or to more than 2 ports of one server.',
  'one-hour': 'It was seen in one hour only, in a learning window of a day or more.',
};
