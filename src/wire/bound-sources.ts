/** What each bound of a lease rests on, in a sentence for people. */
import type { BoundSource } from '../domain/lease.ts';

export const BOUND_SOURCES = {
  created: 'the object was created then',
  'pod-start': 'the kubelet took the pod up then, before it had an address',
  'last-seen-before': 'the state before this one was reported until then',
  'former-finish': 'the containers of the sandbox before had ended by then',
  'former-holder': 'another pod surely held the address until then',
  unbounded: 'nothing known bounds it',
  'sandbox-ready': 'the kubelet says that the sandbox had its network by then',
  'container-start': 'a container of the pod was started then',
  observed: 'it was seen then',
  'container-finish': 'the last container ended then',
  'last-word': 'the latest time that the kubelet printed while the sandbox was there',
  'deletion-request': 'the pod was still there when its deletion was asked for',
  'sandbox-gone': 'the kubelet says that the sandbox was gone by then',
  removed: 'the object was gone, after an orderly deletion by a live kubelet',
  'finished-60s': 'a live kubelet reported the pod finished; its sandbox goes within 60 s',
  'next-sandbox': 'the pod had another sandbox by then',
  'node-rebooted': 'the node had booted anew by then',
  'next-holder': 'another pod surely held the address by then',
  restored: 'kept without its origin by an earlier version',
} as const satisfies Readonly<Record<BoundSource, string>>;

/** The codes as the domain spells them. */
export const BOUND_SOURCE_CODES = Object.keys(BOUND_SOURCES) as readonly BoundSource[];
