/** The rows of the fault table, in its order. */
import { ANSWER_ROWS } from './fault-rows-of-answers.ts';
import { CONNECTION_ROWS } from './fault-rows-of-connections.ts';
import { LIST_ROWS } from './fault-rows-of-lists.ts';
import type { FaultRow } from './fault-scene.ts';

export const FAULT_ROWS: readonly FaultRow[] = [...CONNECTION_ROWS, ...ANSWER_ROWS, ...LIST_ROWS];
