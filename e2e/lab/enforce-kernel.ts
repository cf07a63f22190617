// The nodes' kernels: loads the tables, and reads back what they noted.
import type { Protocol } from '../../src/domain/protocol.ts';
import { parseProtocol } from '../../src/domain/protocol.ts';
import { ip } from '../../src/domain/ip.ts';
import type { EnforcedPod } from './enforce-pods.ts';
import type { Side } from './enforce-sides.ts';
import { changedSides, NOTES, noTable, policyTable, setName, TABLE } from './enforce-table.ts';
import type { Note, PodInterfaces } from './enforce-table.ts';
import { run, runIn } from './shell.ts';
import type { Topology } from './topology.ts';
import { NODES } from './world.ts';
import type { NodeName } from './world.ts';

/** What the nodes noted since the last load or change. */
export class Notes {
  readonly #keys = new Map<Note, Set<string>>(NOTES.map((note) => [note, new Set()]));

  add(note: Note, opening: Opening): void {
    this.#keys.get(note)?.add(keyOf(opening));
  }

  has(note: Note, opening: Opening): boolean {
    return this.#keys.get(note)?.has(keyOf(opening)) === true;
  }
}

/** The first packet of a connection at one side: addresses as that side sees them. */
export interface Opening {
  readonly client: string;
  readonly server: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Enforces sides on the nodes of a topology. */
export class Enforcement {
  readonly #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  /** Replaces whatever is enforced by `sides`, on both nodes. */
  load(sides: readonly Side[]): void {
    for (const node of nodeNames()) {
      const own = sides.filter(({ pod }) => pod.node === node);
      const interfaces = this.#interfacesOf(
        node,
        own.map(({ pod }) => pod),
      );
      this.#nft(node, `${noTable()}${policyTable(own, interfaces)}`);
    }
  }

  /** Replaces some of the loaded sides, and forgets every note. */
  change(sides: readonly Side[]): void {
    for (const node of nodeNames())
      this.#nft(node, changedSides(sides.filter(({ pod }) => pod.node === node)));
  }

  notes(): Notes {
    const notes = new Notes();
    for (const node of nodeNames()) {
      const listed = JSON.parse(
        runIn(this.#topology.namespace(node), 'nft', ['-jn', 'list', 'sets', 'table', 'inet', TABLE]),
      ) as Listing;
      for (const { set } of listed.nftables)
        for (const note of NOTES)
          if (set?.name === setName(note, 'ip') || set?.name === setName(note, 'ip6'))
            for (const element of set.elem ?? []) notes.add(note, openingOf(element));
    }
    return notes;
  }

  /** By the pod's name: the device that its packets pass, as the node's IP hooks name it. */
  #interfacesOf(node: NodeName, pods: readonly EnforcedPod[]): PodInterfaces {
    const links = linksOf(this.#topology.namespace(node));
    return new Map(
      pods.map(({ name }) => {
        const own = linksOf(this.#topology.namespace(name)).find((each) => each.ifname === 'eth0');
        const veth = links.find((each) => each.ifindex === own?.link_index);
        if (veth === undefined) throw new Error(`the veth of ${name} is not on ${node}`);
        return [name, veth.master ?? veth.ifname];
      }),
    );
  }

  #nft(node: NodeName, rules: string): void {
    runIn(this.#topology.namespace(node), 'nft', ['-f', '-'], rules);
  }
}

/** What `nft -j` prints of sets; an element is four parts, and the kernel's own words where a set has a timeout. */
interface Listing {
  readonly nftables: readonly {
    readonly set?: { readonly name: string; readonly elem?: readonly Element[] };
  }[];
}

interface Element {
  readonly concat: readonly [string, string, string | number, number];
}

interface Link {
  readonly ifname: string;
  readonly ifindex: number;
  readonly link_index?: number;
  readonly master?: string;
}

function linksOf(namespace: string): Link[] {
  return JSON.parse(run('ip', ['-n', namespace, '-j', 'link', 'show'])) as Link[];
}

function openingOf({ concat: [client, server, protocol, port] }: Element): Opening {
  return { client, server, protocol: protocolOf(protocol), port };
}

/** By name or by IANA's number, as nft was built to print. */
function protocolOf(printed: string | number): Protocol {
  const known = parseProtocol(String(printed)) ?? NUMBERED[Number(printed)];
  if (known === undefined) throw new Error(`nft printed an unknown protocol: ${printed}`);
  return known;
}

const NUMBERED: Readonly<Record<number, Protocol>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

function keyOf({ client, server, protocol, port }: Opening): string {
  return `${ip(client)} ${ip(server)} ${protocol} ${port}`;
}

function nodeNames(): NodeName[] {
  return Object.keys(NODES) as NodeName[];
}
