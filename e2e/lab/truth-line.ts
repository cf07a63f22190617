// One line of the truth file: who may or may not reach whom.

/** One line of any part; the examples' README explains the words that stand for many ends. */
export interface TruthLine {
  readonly client: string;
  readonly server: string;
  readonly protocol: 'TCP' | 'UDP' | 'any';
  readonly port: number | 'any';
  /** The server's pod runs on the client node, which may always reach it. */
  readonly ownNode?: true;
  /** What the server's side saw instead of the client's address. */
  readonly seenAs?: string;
  /** Which side of the connection the line speaks of; both when absent. */
  readonly side?: 'ingress' | 'egress';
  readonly note?: string;
}
