import type { TranscriptLine } from '../agents/wire/protocol.ts';
import { plural, safeText } from '../common/text.ts';
import { stripEscapes } from '../gates/escapes.ts';

/** Lines of one tool's result that are shown: what is longer is read in the agent's own terminal. */
const RESULT_LINES = 20;

/** A transcript as lines that are safe to print: who speaks is told by the sign in front. */
export const transcriptLines = (transcript: readonly TranscriptLine[]): readonly string[] =>
  transcript.flatMap(({ kind, text }) => {
    const lines = safeText(stripEscapes(text)).trimEnd().split('\n');
    if (kind !== 'result') return lines.map((line, index) => (index === 0 ? FIRST[kind] : REST[kind]) + line);
    const rest = lines.length - RESULT_LINES;
    const more = rest > 0 ? [`${FIRST.result}… and ${plural(rest, 'line')} more`] : [];
    return [...lines.slice(0, RESULT_LINES).map(line => FIRST.result + line), ...more];
  });

const FIRST = { agent: '', tool: '* ', result: '  | ', town: '> ', notice: '! ' } as const;
const REST = { ...FIRST, tool: '  ', notice: '  ' } as const;
