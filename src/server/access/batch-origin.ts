/** A batch beside the token it came with: an agent speaks for its own node and no other. */
import { ProblemError } from '../../domain/problem.ts';
import type { Batch } from '../../wire/batch.ts';
import type { AgentIdentity } from './agent-gate.ts';

/** The batch, with the node's uid when the token says it. Throws a ProblemError `wrong-node`. */
export function originChecked(batch: Batch, { node, nodeUid }: AgentIdentity): Batch {
  if (batch.nodeName !== node)
    throw new ProblemError('wrong-node', `The token is of node ${node}, the batch of ${batch.nodeName}.`, {
      hint: '--node-name must be the name of the node that the agent runs on.',
    });
  if (nodeUid === null || batch.nodeUid === nodeUid) return batch;
  if (batch.nodeUid === '') return { ...batch, nodeUid };
  throw new ProblemError('wrong-node', `The token is of node ${nodeUid}, the batch of ${batch.nodeUid}.`, {
    hint: 'The node was replaced under its name; restart its agent.',
  });
}
