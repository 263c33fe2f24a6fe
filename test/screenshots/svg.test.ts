import { expect, test } from 'vitest';
import { createTerminal } from '../terminal/harness.ts';
import { svgOf } from './svg.ts';

const picture = async (output: string): Promise<string> => {
  const { terminal, stdout, drained } = createTerminal({ columns: 12, rows: 2 });
  stdout.write(output);
  await drained();
  return svgOf(terminal, 'A <screen>');
};

test('a run of cells is one text of just its width, at its place, in its colours', async () => {
  const svg = await picture('ab \u001B[1;32mgreen\u001B[0m\r\n\u001B[7m x \u001B[27m');
  expect(svg).toContain('<text x="12" y="25" textLength="16" xml:space="preserve" fill="#d6dde5">ab</text>');
  expect(svg).toContain(
    '<text x="36" y="25" textLength="40" xml:space="preserve" fill="#3fb950" font-weight="bold">green</text>',
  );
  expect(svg).toContain('<rect x="12" y="29" width="24" height="17" fill="#d6dde5"/>');
  expect(svg).toMatch(/fill="#0d1117"> x <\/text>/);
});

test('colours of the cube, of grey and of true colour are those of a terminal', async () => {
  const svg = await picture('\u001B[38;5;196ma\u001B[38;5;232mb\u001B[38;2;1;2;3mc');
  for (const colour of ['#ff0000', '#080808', '#010203']) expect(svg).toContain(`fill="${colour}"`);
});

test('what stands on the screen is text in the picture, and wide characters keep their two columns', async () => {
  const svg = await picture('<&> 東京');
  expect(svg).toContain('&lt;&amp;&gt; 東京');
  expect(svg).toContain('textLength="64"');
  expect(svg).toContain('<title>A &lt;screen&gt;</title>');
});
