/** The recommender over everything stored, run once for each state of the store and the cluster, and again for what a request asks. */
import type { Edge } from '../domain/edge.ts';
import { ProblemError } from '../domain/problem.ts';
import type { ClusterInfo } from '../recommend/cluster.ts';
import { recommend } from '../recommend/recommend.ts';
import type { RecommendInput, Recommendation } from '../recommend/recommend.ts';
import type { Store } from '../store/store.ts';
import { shorten } from './problem-json.ts';
import { PLAIN_DRAFTS } from './routes/asked-drafts.ts';
import type { AskedDrafts } from './routes/asked-drafts.ts';

export interface Analysed {
  readonly input: RecommendInput;
  readonly cluster: ClusterInfo;
  readonly edges: readonly Edge[];
  readonly recommendation: Recommendation;
  readonly window: RecommendInput['window'];
}

/**
 * Runs the recommender over everything stored. What is `asked` holds of every draft that nobody asks otherwise. Throws a
 * ProblemError `unknown-edge` for an edge to include that nobody has seen.
 */
export function analyse(
  store: Store,
  cluster: ClusterInfo,
  known: RecommendInput['known'],
  asked: AskedDrafts = PLAIN_DRAFTS,
): Analysed {
  const edges = store.edges.all();
  const windows = store.nodeWindows.list();
  const window = {
    start: windows.reduce((first, each) => Math.min(first, each.start), Number.POSITIVE_INFINITY),
    end: windows.reduce((last, each) => Math.max(last, each.end), Number.NEGATIVE_INFINITY),
  };
  const history = { pods: store.podLives.during(window), nodes: store.nodeWindows.watched() };
  const analysed = analysedOf({ cluster, edges, window, known, history, ...asked });
  requireKnownEdges(analysed.recommendation);
  return analysed;
}

export function analysedOf(input: RecommendInput): Analysed {
  const { cluster, edges, window } = input;
  return { input, cluster, edges, window, recommendation: recommend(input) };
}

/** Different drafts of one analysis that are remembered: a page of a list is asked for after another. */
const REMEMBERED = 4;
const remembered = new WeakMap<Analysed, Map<string, Recommendation>>();

/** The drafts that a request asks for. Throws a ProblemError `unknown-edge` for an edge to include that nobody has seen. */
export function recommendationFor(analysed: Analysed, asked: AskedDrafts): Recommendation {
  const { include, options } = asked;
  if (include.length === 0 && Object.keys(options).length === 0) return analysed.recommendation;
  const key = JSON.stringify(asked);
  const known = remembered.get(analysed) ?? new Map<string, Recommendation>();
  const before = known.get(key);
  if (before !== undefined) return before;
  const { input } = analysed;
  const recommendation = recommend({
    ...input,
    include: [...(input.include ?? []), ...include],
    options: { ...input.options, ...options },
  });
  requireKnownEdges(recommendation);
  const [oldest] = known.keys();
  if (oldest !== undefined && known.size >= REMEMBERED) known.delete(oldest);
  remembered.set(analysed, known.set(key, recommendation));
  return recommendation;
}

function requireKnownEdges({ unknownIncludes }: Recommendation): void {
  const [unknown] = unknownIncludes;
  if (unknown === undefined) return;
  throw new ProblemError('unknown-edge', `No edge ${JSON.stringify(shorten(unknown))} has been seen.`, {
    hint: 'Give the `edge` of a draft’s `heldBack`, or of `quarantined` in GET /api/v1/coverage, as it is printed there.',
  });
}
