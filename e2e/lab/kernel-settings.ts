// The conntrack settings of a node's kernel, to show that nobody changed one.
import { runIn } from './shell.ts';

/** Every setting of a namespace's conntrack, a line each. Counts of entries are left out: they are no settings. */
export function kernelSettings(namespace: string): string {
  return runIn(namespace, 'sysctl', ['--all', '--pattern', 'nf_conntrack'])
    .split('\n')
    .filter((line) => !line.startsWith('net.netfilter.nf_conntrack_count'))
    .join('\n');
}
