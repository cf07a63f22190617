/**
 * The classic BPF program on the event socket. It passes every NEW and DESTROY, and of the UPDATEs only those that prove
 * an answer: TCP or SCTP entering ESTABLISHED, and UDP's first reply. The kernel drops the others before they are queued, so
 * that a connection costs the reader three messages and not seven. It may pass too much, never too little: what a record
 * says is decided in flow-of.ts.
 */
import {
  ATTRIBUTE_BYTES,
  CTA,
  CTA_PROTO,
  CTA_PROTOINFO,
  CTA_PROTOINFO_SCTP,
  CTA_PROTOINFO_TCP,
  CTA_TUPLE,
  ESTABLISHED,
  FAMILY_BYTES,
  FLAG,
  HEADER_BYTES,
  IP_PROTOCOL,
  MESSAGE,
  STATUS,
} from './ctnetlink.ts';

/** One instruction, struct sock_filter (include/uapi/linux/filter.h). Jumps count from the next instruction. */
export interface Instruction {
  readonly code: number;
  readonly onTrue: number;
  readonly onFalse: number;
  readonly k: number;
}

/** A step of the program as it is written here: jumps go to labels. */
type Step =
  | { readonly label: string }
  | { readonly code: number; readonly k: number; readonly yes?: string; readonly no?: string };

/** Opcodes (include/uapi/linux/bpf_common.h); loads from the message are big-endian. */
export const OPCODE = {
  LOAD_BYTE: 0x30,
  LOAD_WORD: 0x20,
  LOAD_BYTE_INDIRECT: 0x50,
  LOAD_WORD_INDIRECT: 0x40,
  LOAD_CONSTANT: 0x00,
  LOAD_X_CONSTANT: 0x01,
  A_TO_X: 0x07,
  JUMP_EQUAL: 0x15,
  JUMP_ANY_BIT: 0x45,
  RETURN: 0x06,
} as const;

/** SKF_AD_OFF + SKF_AD_NLATTR and _NLATTR_NEST: A becomes the offset of attribute X from A on, or within the one at A; else 0. */
export const FIND_ATTRIBUTE = 0xffff_f000 + 12;
export const FIND_NESTED = 0xffff_f000 + 16;
/** Keep the whole message. */
const WHOLE = 0xffff_ffff;
const KIND_AT = 4;
const UPPER_FLAGS_AT = 7;

/** The program, for `struct sock_fprog`. */
export function eventFilter(): Instruction[] {
  return assemble([
    load(OPCODE.LOAD_BYTE, KIND_AT),
    { code: OPCODE.JUMP_EQUAL, k: MESSAGE.NEW, no: 'pass' },
    load(OPCODE.LOAD_BYTE, UPPER_FLAGS_AT),
    { code: OPCODE.JUMP_ANY_BIT, k: FLAG.CREATE >> 8, yes: 'pass' },
    ...attribute(CTA.STATUS),
    load(OPCODE.LOAD_WORD_INDIRECT, ATTRIBUTE_BYTES),
    { code: OPCODE.JUMP_ANY_BIT, k: STATUS.SEEN_REPLY, no: 'drop' },
    load(OPCODE.LOAD_CONSTANT, HEADER_BYTES + FAMILY_BYTES),
    ...within(FIND_ATTRIBUTE, CTA.TUPLE_ORIG, 'drop'),
    ...within(FIND_NESTED, CTA_TUPLE.PROTO, 'drop'),
    ...within(FIND_NESTED, CTA_PROTO.NUM, 'drop'),
    load(OPCODE.A_TO_X, 0),
    load(OPCODE.LOAD_BYTE_INDIRECT, ATTRIBUTE_BYTES),
    { code: OPCODE.JUMP_EQUAL, k: IP_PROTOCOL.UDP, yes: 'udp' },
    load(OPCODE.LOAD_CONSTANT, HEADER_BYTES + FAMILY_BYTES),
    ...within(FIND_ATTRIBUTE, CTA.PROTOINFO, 'drop'),
    ...within(FIND_NESTED, CTA_PROTOINFO.TCP, 'sctp'),
    ...within(FIND_NESTED, CTA_PROTOINFO_TCP.STATE, 'drop'),
    load(OPCODE.A_TO_X, 0),
    load(OPCODE.LOAD_BYTE_INDIRECT, ATTRIBUTE_BYTES),
    { code: OPCODE.JUMP_EQUAL, k: ESTABLISHED.TCP, yes: 'pass', no: 'drop' },
    { label: 'sctp' },
    ...attribute(CTA.PROTOINFO, CTA_PROTOINFO.SCTP, CTA_PROTOINFO_SCTP.STATE),
    load(OPCODE.LOAD_BYTE_INDIRECT, ATTRIBUTE_BYTES),
    { code: OPCODE.JUMP_EQUAL, k: ESTABLISHED.SCTP, yes: 'pass', no: 'drop' },
    { label: 'udp' },
    ...attribute(CTA.STATUS),
    load(OPCODE.LOAD_WORD_INDIRECT, ATTRIBUTE_BYTES),
    { code: OPCODE.JUMP_ANY_BIT, k: STATUS.ASSURED, no: 'pass' },
    { label: 'drop' },
    load(OPCODE.RETURN, 0),
    { label: 'pass' },
    load(OPCODE.RETURN, WHOLE),
  ]);
}

/** Leaves in X the offset of the attribute at the end of the path; a message without it is dropped. */
function attribute(first: number, ...nested: number[]): Step[] {
  return [
    load(OPCODE.LOAD_CONSTANT, HEADER_BYTES + FAMILY_BYTES),
    ...within(FIND_ATTRIBUTE, first, 'drop'),
    ...nested.flatMap((type) => within(FIND_NESTED, type, 'drop')),
    load(OPCODE.A_TO_X, 0),
  ];
}

function within(find: number, type: number, missing: string): Step[] {
  return [
    load(OPCODE.LOAD_X_CONSTANT, type),
    load(OPCODE.LOAD_WORD, find),
    { code: OPCODE.JUMP_EQUAL, k: 0, yes: missing },
  ];
}

function load(code: number, k: number): Step {
  return { code, k };
}

/** Replaces labels by distances; what a step does not name goes on with the next. */
function assemble(steps: readonly Step[]): Instruction[] {
  const places = new Map<string, number>();
  const program: Extract<Step, { code: number }>[] = [];
  for (const step of steps) {
    if ('label' in step) places.set(step.label, program.length);
    else program.push(step);
  }
  return program.map(({ code, k, yes, no }, index) => {
    const distance = (label: string | undefined): number =>
      label === undefined ? 0 : (places.get(label) ?? 0) - index - 1;
    return { code, k, onTrue: distance(yes), onFalse: distance(no) };
  });
}
