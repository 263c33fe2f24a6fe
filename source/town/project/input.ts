import type { TownContext } from '../context.ts';

/** What the projections read: the same world that roles decide on. */
export type ProjectionInput = Pick<TownContext, 'ledger' | 'world' | 'config' | 'paths'> & { readonly now: number };
