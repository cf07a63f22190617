/** Cuts a stream of YAML manifests into its documents, each with its own comments. */
import { parseDocument } from 'yaml';
import { z } from 'zod';

/** One object of Kubernetes as it stands in a file of its own. */
export interface Manifest {
  readonly namespace: string;
  readonly name: string;
  readonly text: string;
}

const named = z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }) });

/** A workload without a draft, as it stands in the stream: a line of its own, about no document. */
const OMISSION_LINE = /^# [^ ]+\/[^ ]+: no draft: .*\n/gm;

/** Every document that is an object with a namespace and a name; comments alone and broken YAML are left out. Never throws. */
export function splitDocuments(stream: string): readonly Manifest[] {
  const policies = stream.replaceAll(OMISSION_LINE, '');
  return policies.split(/^---[ \t]*\n/m).flatMap((text) => {
    const document = parseDocument(text);
    // An alias without its anchor is an error of the document; toJS() would throw for it.
    const parsed = document.errors.length > 0 ? null : named.safeParse(document.toJS({ maxAliasCount: -1 }));
    return parsed?.success === true ? [{ ...parsed.data.metadata, text }] : [];
  });
}
