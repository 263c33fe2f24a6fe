import type { ProcessEnd, ProcessOrder } from './directly.ts';

/** What a process tells its starter. Ids are the sender's, one for each order. */
export type ToStarter =
  | { readonly type: 'start'; readonly id: number; readonly order: ProcessOrder }
  | { readonly type: 'signal'; readonly id: number; readonly signal: NodeJS.Signals }
  | { readonly type: 'abandon'; readonly id: number };

export type FromStarter =
  | { readonly type: 'ready' }
  | { readonly type: 'stdout' | 'stderr'; readonly id: number; readonly chunk: Buffer }
  | { readonly type: 'end'; readonly id: number; readonly end: ProcessEnd };
