import { expect, test } from 'vitest';
import { transcriptLines } from '../../source/town/transcript-lines.ts';

test('a transcript tells by a sign who speaks, and lets nothing reach the terminal as a command', () => {
  const lines = transcriptLines([
    { kind: 'town', text: 'Do it.\nWell.' },
    { kind: 'agent', text: 'I \u001B[31mshall\u001B[0m.\u001B]0;title\u0007' },
    { kind: 'tool', text: '$ npm test' },
    { kind: 'result', text: '1 failed\n' },
    { kind: 'notice', text: 'interrupted' },
  ]);
  expect(lines).toEqual(['> Do it.', '> Well.', 'I shall.', '* $ npm test', '  | 1 failed', '! interrupted']);
});

test('of a long result the beginning is shown, and how much more there is', () => {
  const text = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n');
  const lines = transcriptLines([{ kind: 'result', text }]);
  expect(lines.at(0)).toBe('  | line 0');
  expect(lines.at(-1)).toBe('  | … and 30 lines more');
});
