/** Where a node-local DNS cache listens: what its containers are told, since no field of a pod says so. */
import { parseIp } from '../domain/ip.ts';
import type { LocalDns } from '../recommend/cluster.ts';
import type { PodSpec } from './pod.ts';

/** The flag of NodeLocal DNSCache (kubernetes/dns, cmd/node-cache): addresses divided by commas. Go takes one dash or two. */
const FLAG = /^--?localip(?:=(?<addresses>.*))?$/;

/** As a field of a workload; none where no container has the flag. Also of a command that a shell is given as one word. */
export function localDnsOf({ containers }: PodSpec): { readonly localDns?: LocalDns } {
  const told = containers.flatMap(({ command, args }) =>
    addressesTold([...(command ?? []), ...(args ?? [])]),
  );
  if (told.length === 0) return {};
  const addresses = told.map((text) => parseIp(text));
  const known = [...new Set(addresses.filter((address) => address !== null))];
  return { localDns: { addresses: known, isWhole: !addresses.includes(null) } };
}

function addressesTold(commandLine: readonly string[]): string[] {
  if (!commandLine.some((text) => text.includes('localip'))) return [];
  const words = commandLine.flatMap((text) => text.split(/[\s'"]+/)).filter((word) => word !== '');
  return words.flatMap((word, index) => {
    const flag = FLAG.exec(word);
    if (flag === null) return [];
    return (flag.groups?.['addresses'] ?? words[index + 1] ?? '').split(',');
  });
}
