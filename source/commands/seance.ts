import { duration } from '../common/text.ts';
import type { SeanceRow } from '../town/seance.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown seance <bead> [session] [question…]`: earlier sessions of a bead; what one said last; or its answer to a question. */
export const seance = (invocation: Invocation, [bead, which, ...words]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    if (which === undefined) {
      const rows = await town.seance(bead!);
      for (const row of rows) output.record('session', row);
      if (rows.length === 0) output.say(`Nobody has worked on ${bead} yet.`);
      else {
        output.table(
          ['N', 'SESSION', 'AGENT', 'POLECAT', 'BEGAN', 'TOOK', 'ENDED', 'COST', 'LAST WORDS'],
          rows.map(line),
        );
        output.say(`Ask one: gastown seance ${bead} <n> "<question>"`);
      }
      return undefined;
    }
    const question = words.join(' ').trim();
    if (question === '') {
      const { session, lines } = await town.lastWords(bead!, which);
      output.record('log', { session, lines });
      for (const text of lines) output.say(text);
      return undefined;
    }
    const answer = await town.ask({ bead: bead!, which, question });
    output.record('answer', answer);
    if (answer.kind === 'answer') output.say(answer.text);
    else {
      output.say(`${answer.session} cannot answer: ${answer.why}. The end of what it said and did:`);
      for (const text of answer.lines) output.say(text);
    }
    return undefined;
  });

const line = (row: SeanceRow): string[] => [
  String(row.n),
  row.session,
  row.agent,
  row.polecat,
  row.startedAt.slice(0, 16).replace('T', ' '),
  row.endedAt === undefined ? '' : duration(Date.parse(row.endedAt) - Date.parse(row.startedAt)),
  row.outcome ?? 'runs',
  costOf(row),
  row.lastWords,
];

const costOf = ({ costUsd, unpriced }: SeanceRow): string => {
  if (costUsd === undefined) return '';
  return unpriced ? `$${costUsd.toFixed(2)} + unpriced` : `$${costUsd.toFixed(2)}`;
};
