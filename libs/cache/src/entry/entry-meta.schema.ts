import { KnownSchema } from '../serialiser/known-schema.js';
import type { EntryMeta } from '../tier/tier.js';

/** The head of every entry. With another list of members it is another format of entries: then their version is raised. */
export const ENTRY_META = new KnownSchema<EntryMeta>(1, 'EntryMeta', {
  id: 'string',
  type: 'string',
  space: 'string',
  scope: 'string',
  owner: 'string',
  tags: 'strings',
  born: 'number',
  freshUntil: 'number',
  staleUntil: 'number',
  errorUntil: 'number',
});
