import { ENTRY_META } from '../entry/entry-meta.schema.js';
import type { KnownSchema } from './known-schema.js';

/** All schemas that a value may be written with. What one wrote can be read for as long as it stands here. */
export const KNOWN_SCHEMAS: readonly KnownSchema<object>[] = [ENTRY_META];
