import { randomUUID } from 'node:crypto';
import type { IdSource } from '../kernel/ids.js';

/** Ids nobody can guess or repeat. */
export const RANDOM_IDS: IdSource = { newId: () => randomUUID() };
