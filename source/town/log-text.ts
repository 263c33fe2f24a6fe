import type { TranscriptLine } from '../agents/wire/protocol.ts';
import { safeText } from '../common/text.ts';
import { stripEscapes } from '../gates/escapes.ts';
import { transcriptLines } from './transcript-lines.ts';

/**
 * A line that a program printed, as people read it. A bare carriage return starts it over: what a progress bar showed last
 * is what counts.
 */
export const printedLine = (line: string): string => {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return safeText(stripEscapes(text.slice(text.lastIndexOf('\r') + 1)));
};

/** A line of a transcript's file, as people read it: several, where several were said. */
export const spokenLines = (line: string): readonly string[] =>
  line === '' ? [] : transcriptLines([JSON.parse(line) as TranscriptLine]);
