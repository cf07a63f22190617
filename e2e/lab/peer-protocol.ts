// What the recorder says to a peer process and what it hears back: one JSON object a line on stdin and stdout.
import type { RecordType } from './dns-message.ts';

/** One order to a peer. Addresses are text, ports 1..65535. */
export type PeerCommand =
  /** Serve TCP: every request gets a short answer, the client closes first. */
  | { readonly op: 'listen'; readonly host: string; readonly port: number }
  /** Serve DNS over UDP and TCP from `zone`; a name that is not in it is asked of `upstream` over UDP. */
  | {
      readonly op: 'serveDns';
      readonly host: string;
      readonly zone: Readonly<Record<string, string>>;
      readonly upstream?: string;
      /** How `upstream` is asked; a node-local cache asks over TCP, so that its questions survive conntrack races. */
      readonly upstreamTransport?: 'udp' | 'tcp';
    }
  /** Take datagrams and never answer, as a statistics collector does. */
  | { readonly op: 'swallow'; readonly host: string; readonly port: number }
  /** Say a few bytes, without being asked, on every connection that a served port has. */
  | { readonly op: 'push'; readonly port: number }
  /** Connect, say a few bytes, read the answer, close. */
  | { readonly op: 'dial'; readonly address: string; readonly port: number }
  /** Connect and close at once, as a kubelet's TCP probe does. */
  | { readonly op: 'probe'; readonly address: string; readonly port: number }
  /** Open a connection that stays open until the process ends; it joins those held already. */
  | { readonly op: 'hold'; readonly address: string; readonly port: number }
  /** Say a few bytes on every held connection and wait for the answers. */
  | { readonly op: 'say' }
  /** Wait until every held connection brought bytes. */
  | { readonly op: 'hear' }
  /** Connect to what must not answer within `patienceMs`, not even with a refusal. */
  | { readonly op: 'knock'; readonly address: string; readonly port: number; readonly patienceMs: number }
  /** Learn whether anything comes back within `patienceMs`: a connection, a datagram or a refusal. `from` is an own address. */
  | {
      readonly op: 'attempt';
      readonly protocol: 'tcp' | 'udp';
      readonly address: string;
      readonly port: number;
      readonly from?: string;
      readonly patienceMs: number;
    }
  /** Send one datagram, from this port or else one of its own, and expect nothing. */
  | { readonly op: 'send'; readonly address: string; readonly port: number; readonly from?: number }
  /** One HTTP request, answered with its status and its body. */
  | { readonly op: 'http'; readonly method: 'GET' | 'POST'; readonly url: string; readonly body?: string }
  /** One DNS question to a server on port 53. */
  | {
      readonly op: 'ask';
      readonly server: string;
      readonly transport: 'udp' | 'tcp';
      readonly name: string;
      readonly type: RecordType;
    };

/** What came of an order. `address` is the answer to `ask`, `status` and `body` that to `http`. */
export type PeerReply =
  | {
      readonly outcome: 'answered';
      readonly address?: string;
      readonly status?: number;
      readonly body?: string;
    }
  | { readonly outcome: 'refused' }
  /** Nothing came back: only of an `attempt`. */
  | { readonly outcome: 'silent' }
  | { readonly outcome: 'failed'; readonly reason: string };

/** An order as it travels; `id` pairs it with its reply. */
export interface PeerRequest {
  readonly id: number;
  readonly command: PeerCommand;
}

/** A reply as it travels. */
export interface PeerResponse {
  readonly id: number;
  readonly reply: PeerReply;
}
