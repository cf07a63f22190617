/**
 * Drafts as multi-document YAML that `kubectl apply -f` accepts and a reviewer can diff. Plain output holds
 * no number that moves with traffic; `withEvidence` adds them as comments.
 */
import { Document, isMap, isSeq, visit } from 'yaml';
import { workloadTitle } from '../domain/workload.ts';
import { isObservation } from './caveat-codes.ts';
import type { Draft, DraftOutcome, DraftRule, Omission } from './draft.ts';
import { ruleEvidence } from './rule-evidence.ts';
import { effectLine } from './existing.ts';
import { caveatLine, draftComments, evidenceComments } from './evidence-comments.ts';

export interface PrintOptions {
  readonly withEvidence: boolean;
}

/** All outcomes in their order. An omitted workload stands as a comment in its place. */
export function printPolicies(outcomes: readonly DraftOutcome[], options: PrintOptions): string {
  return outcomes
    .map((outcome) =>
      outcome.kind === 'draft' ? `---\n${printDraft(outcome, options)}` : omissionComment(outcome),
    )
    .join('');
}

/** `# shop/web: no draft: <code> <sentence>` */
export function omissionComment(omission: Omission): string {
  return `# ${oneLine(workloadTitle(omission.workload))}: no draft: ${omission.code} ${oneLine(omission.sentence)}\n`;
}

function printDraft(draft: Draft, options: PrintOptions): string {
  const document = new Document(draft.policy, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  quoteAmbiguous(document);
  const head = [
    `${workloadTitle(draft.workload)} (${draft.workload.kind})`,
    ...(draft.cni === 'default' ? [] : [`network plugin: ${draft.cni}`]),
    ...draft.caveats.filter(({ code }) => !isObservation(code)).map(caveatLine),
    ...(options.withEvidence ? draftComments(draft) : []),
  ];
  if (document.contents !== null) document.contents.commentBefore = head.map(comment).join('\n');
  for (const direction of ['ingress', 'egress'] as const) {
    const rules = draft.rules.filter((rule) => rule.direction === direction);
    const list = document.getIn(['spec', direction]);
    if (!isSeq(list)) continue;
    list.flow = list.items.length === 0;
    for (const [index, item] of list.items.entries()) {
      const rule = rules[index];
      if (isMap(item) && rule !== undefined) item.commentBefore = ruleComment(rule, options);
    }
  }
  // Long CIDR lists stay one item a line; the library's own folding would depend on their length.
  return document.toString({ directives: false, lineWidth: 0, flowCollectionPadding: true });
}

/** Truth values, nothing and floats of any version of YAML, in any case. */
const YAML_WORDS: ReadonlySet<string> = new Set(
  'y n yes no on off true false null nan inf infinity'.split(' '),
);

/**
 * kubectl reads YAML 1.1, where a bare `yes` is a truth value, and readers do not agree on what a number is (`0X1F`, `1e1_0`,
 * a date). So every string is quoted, values and keys, but for those that begin with a letter and are no such word, and
 * for those with a slash, which are names and ranges of addresses.
 */
function quoteAmbiguous(document: Document): void {
  visit(document, {
    Scalar: (_, scalar) => {
      const { value } = scalar;
      if (typeof value !== 'string' || value.includes('/')) return;
      if (!/^[A-Za-z]/.test(value) || YAML_WORDS.has(value.toLowerCase())) scalar.type = 'QUOTE_DOUBLE';
    },
  });
}

function ruleComment(rule: DraftRule, options: PrintOptions): string {
  const services = rule.services.length === 0 ? '' : ` (Service ${rule.services.join(', ')})`;
  const lines = [`${rule.basis}: ${rule.title}${services}`];
  const evidence = options.withEvidence ? ruleEvidence(rule.edges) : null;
  if (evidence !== null) lines.push(...evidenceComments(evidence));
  const effect = options.withEvidence ? effectLine(rule.effect) : null;
  if (effect !== null) lines.push(effect);
  return lines.map(comment).join('\n');
}

function comment(line: string): string {
  return ` ${oneLine(line)}`;
}

/** A comment ends with its line: nothing that was read from a cluster may break out of it. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is removed
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}
