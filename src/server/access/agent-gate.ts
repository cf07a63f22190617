/**
 * Who may send batches, and for which node: the agents' service account, with a token that is bound to a pod on that node.
 * It reads no body and believes nothing that a batch says of itself.
 */
import { ProblemError } from '../../domain/problem.ts';
import type { ClusterEvent } from '../../kube/cluster-model.ts';
import { AgentPods } from './agent-pods.ts';
import type { ReviewedUser } from './token-review.ts';

/** The node that a token speaks for. */
export interface AgentIdentity {
  readonly node: string;
  /** Null when the token does not say. */
  readonly nodeUid: string | null;
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

interface Reviewer {
  userOf(authorization: string | undefined, from: string): Promise<ReviewedUser>;
  forget(fits: (user: ReviewedUser) => boolean): void;
}

/** Facts about a bound token, as kube-apiserver names them (k8s.io/apiserver, pkg/authentication/serviceaccount). */
const NODE_NAME = 'authentication.kubernetes.io/node-name';
const NODE_UID = 'authentication.kubernetes.io/node-uid';
const POD_UID = 'authentication.kubernetes.io/pod-uid';

export class AgentGate {
  readonly #reviewer: Reviewer;
  readonly #username: string;
  readonly #pods: AgentPods;

  constructor(reviewer: Reviewer, serviceAccount: ServiceAccount) {
    this.#reviewer = reviewer;
    this.#username = `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`;
    this.#pods = new AgentPods(serviceAccount.namespace);
  }

  /** `from` is the address of the caller. Throws the reviewer's ProblemErrors, and `not-an-agent`, `token-not-bound`, `agent-pod-unknown`. */
  async identify(authorization: string | undefined, from: string): Promise<AgentIdentity> {
    const { name, extra } = await this.#reviewer.userOf(authorization, from);
    if (name !== this.#username)
      throw new ProblemError('not-an-agent', `The token is of ${name}, not of ${this.#username}.`, {
        hint: '--agent-service-account must name the service account of the agents.',
      });
    const node = extra[NODE_NAME]?.[0];
    if (node !== undefined && node !== '') return { node, nodeUid: extra[NODE_UID]?.[0] ?? null };
    const podUid = extra[POD_UID]?.[0];
    if (podUid === undefined || podUid === '')
      throw new ProblemError('token-not-bound', 'The token names neither its node nor its pod.', {
        hint: "Agents use a projected token, which is bound to the agent's pod.",
      });
    const podNode = this.#pods.nodeOf(podUid);
    if (podNode === null)
      throw new ProblemError('agent-pod-unknown', 'The pod of this token is not known yet.');
    return { node: podNode, nodeUid: null };
  }

  /** From the watch: the token of a pod that has gone is reviewed anew when it is next used. */
  event(event: ClusterEvent): void {
    const gone = this.#pods.event(event);
    if (gone !== null) this.#reviewer.forget(({ extra }) => extra[POD_UID]?.[0] === gone);
  }
}
