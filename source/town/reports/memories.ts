import { z } from 'zod';
import { plural, safeLine } from '../../common/text.ts';
import { memoryType, recall, remembered } from '../../ledger/memories.ts';
import { MEMORY_TYPES, type Memory } from '../../ledger/schema.ts';
import { type Call, someText, verb } from './verb.ts';

/** Memories answered at once; a narrower question finds the others. */
const RECALLED_MAX = 50;

/** What agents keep beyond one bead, and find again. */
export const memoryVerbs = {
  remember: verb(
    z.object({
      text: someText,
      key: z.string().min(1).max(200).optional(),
      type: z.enum(MEMORY_TYPES).optional(),
      rig: z.string().optional(),
    }),
    async ({ context, actor }, { key, ...said }) => {
      const payload = { ...said, ...(key !== undefined && { id: key }) };
      const { written } = await context.execute(actor, { type: 'memory.remember', payload });
      const record = written[0] && context.ledger.data.memories.get(written[0].id);
      return { text: `Remembered${record ? ` as ${record.id}` : ''}.`, record };
    },
  ),
  recall: verb(z.object({ query: someText }), (call, { query }) =>
    listed(recall(ofRig(call), query), `Nothing is remembered about "${query}".`),
  ),
  memories: verb(z.object({ type: z.enum(MEMORY_TYPES).optional() }), (call, { type }) =>
    listed(ofRig(call, type), 'Nothing is remembered yet.'),
  ),
  forget: verb(z.object({ key: z.string().min(1) }), async ({ context, actor }, { key }) => {
    await context.execute(actor, { type: 'memory.forget', payload: { id: key } });
    return { text: `${key} is forgotten.` };
  }),
} as const;

const ofRig = ({ context, session }: Call, type?: (typeof MEMORY_TYPES)[number]): Memory[] =>
  remembered(context.ledger.data, { rig: session.rig, type });

const listed = (memories: readonly Memory[], none: string) => {
  if (memories.length === 0) return { text: none, record: [] };
  const shown = memories.slice(0, RECALLED_MAX);
  const lines = shown.map(one => `${one.id} (${memoryType(one)}, ${safeLine(one.by)}, ${one.at})\n${one.text}`);
  const left = memories.length - shown.length;
  if (left > 0) lines.push(`${plural(left, 'older one')} more: ask with other words.`);
  return { text: lines.join('\n\n'), record: shown };
};
