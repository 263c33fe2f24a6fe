import { describe, expect, test } from 'vitest';
import { GastownError } from '../../source/common/errors.ts';
import { parsePlan } from '../../source/town/plan.ts';

const SH = '```sh\necho hello\n```';
const plan = (...beads: string[]) => ['# A goal', '', ...beads].join('\n');
const beadOf = (body: string) => parsePlan(plan('## First', body), 'p.md').beads[0]!;

/** The whole message of the refusal. */
const refusal = (source: string | Uint8Array): string => {
  try {
    parsePlan(source, 'p.md');
  } catch (error) {
    expect(error).toBeInstanceOf(GastownError);
    expect((error as GastownError).code).toBe('plan_invalid');
    expect((error as GastownError).hint).toBeTruthy();
    return (error as GastownError).message;
  }
  throw new Error('the plan was accepted');
};

test('a plan has a title, a goal and beads with their fields', () => {
  const source = `# Better *errors*

Every error says what to do.

Also in \`--json\`.

## Name the codes {#codes}
needs: other, docs
priority: 0
type: bug
agent: shell
touches: src/errors.ts, docs/

Write them down.

${SH}

### Not a bead

More of it.

## Other
Do the other thing.

## Docs, too! {#docs}
Write: the docs.
`;
  expect(parsePlan(source, 'p.md')).toEqual({
    title: 'Better errors',
    goal: 'Every error says what to do.\n\nAlso in `--json`.',
    beads: [
      {
        key: 'codes',
        title: 'Name the codes',
        needs: ['other', 'docs'],
        priority: 0,
        type: 'bug',
        agent: 'shell',
        touches: ['src/errors.ts', 'docs/'],
        description: `Write them down.\n\n${SH}\n\n### Not a bead\n\nMore of it.`,
      },
      { key: 'other', title: 'Other', needs: [], description: 'Do the other thing.' },
      { key: 'docs', title: 'Docs, too!', needs: [], description: 'Write: the docs.' },
    ],
  });
});

describe('a bead', () => {
  test.each([
    ['Fix the *login* page!', 'fix-the-login-page'],
    ['Écran d’accueil', 'ecran-d-accueil'],
    ['日本語', 'bead-1'],
    ['Use `x_y`', 'use-x-y'],
    ['Named {#Own.Key_1}', 'Own.Key_1'],
    [`${'word '.repeat(30)}`, 'word-word-word-word-word-word-word-word-word-word'],
  ])('titled %s has the key %s', (title, key) => {
    expect(parsePlan(plan(`## ${title}`, 'Text.'), 'p.md').beads[0]!.key).toBe(key);
  });

  test.each([
    ['needs nothing', 'Text.', {}],
    ['has fields below an empty line', '\npriority: 1\n\nText.', { priority: 1 }],
    ['has fields in several blocks', 'priority: 1\n\ntype: bug\n\nText.', { priority: 1, type: 'bug' }],
    ['has fields in any case', 'Priority: P3\nText.', { priority: 3 }],
    ['has its text right behind its fields', 'type: chore\nText.', { type: 'chore' }],
    ['may begin with a word and a colon', 'Note: mind the gap.', { description: 'Note: mind the gap.' }],
    ['may begin with an address', 'https://example.com/ says so.', { description: 'https://example.com/ says so.' }],
    [
      'may mention a field in prose below its fields',
      'type: bug\n\nprose: with a colon',
      { type: 'bug', description: 'prose: with a colon' },
    ],
    [
      'keeps headings inside code',
      '```\n## not a bead\n# nor a title\n```',
      { description: '```\n## not a bead\n# nor a title\n```' },
    ],
    ['may be only its script', `agent: shell\n${SH}`, { agent: 'shell', description: SH }],
    ['names a need once', 'needs: #first2, first2,\nText.\n\n## First2\nText.', { needs: ['first2'] }],
  ])('%s', (_, body, expected) => {
    expect(beadOf(body)).toMatchObject({ title: 'First', description: expect.stringContaining(''), ...expected });
  });

  test('keeps its script byte for byte', () => {
    const script = '```sh\n\tif true; then\n\t  printf "%s\\n" "ä"   \n\tfi\n```';
    expect(beadOf(`Do it.\n\n${script}`).description).toBe(`Do it.\n\n${script}`);
  });
});

test('a byte order mark and Windows line ends are read past', () => {
  const bytes = new TextEncoder().encode(`\ufeff# T\r\n\r\n## A\r\npriority: 2\r\n\r\nText.\r\nMore.\r\n`);
  expect(parsePlan(bytes, 'p.md')).toEqual({
    title: 'T',
    beads: [{ key: 'a', title: 'A', needs: [], priority: 2, description: 'Text.\nMore.' }],
  });
});

test('comments before the title are read past', () => {
  expect(parsePlan('<!-- generated -->\n\n# T\n\n## A\n\nText.', 'p.md').title).toBe('T');
});

test('escape codes in a title are dropped', () => {
  expect(parsePlan('# T\u001b[31m\n\n## A\u0007\u202e\nText.', 'p.md')).toMatchObject({
    title: 'T[31m',
    beads: [{ title: 'A' }],
  });
});

describe('a plan is refused, with the place, what was expected and what was found, when', () => {
  const two = (first: string, second: string) => plan('## A', first, 'Text.', '', '## B', second, 'Text.');
  test.each([
    ['it is empty', '', 'p.md:1: expected `# Title` of the plan first, found an empty file.'],
    ['it has no title', 'Some text.\n\n# T', 'p.md:1: expected `# Title` of the plan first, found `Some text.`.'],
    ['it begins with a bead', '\n## A\n\nText.', 'p.md:2: expected `# Title` of the plan first, found `## A`.'],
    ['it has an empty title', '#\n\n## A\n\nText.', 'p.md:1: expected a title, found `#`.'],
    [
      'it has two titles',
      '# T\n\n## A\n\nText.\n\n# U',
      'p.md:7: expected one `# Title` a plan, and `##` for beads, found `# U`.',
    ],
    [
      'it has no beads',
      '# T\n\nOnly a goal.',
      'p.md:1: expected at least one `## Bead title` after the title, found none.',
    ],
    ['a bead has no title', plan('##', 'Text.'), 'p.md:3: expected a title, found `##`.'],
    ['a bead has only a key', plan('## {#a}', 'Text.'), 'p.md:3: expected a title before the key, found `## {#a}`.'],
    [
      'a key has odd letters',
      plan('## A {#a b}', 'Text.'),
      'p.md:3: expected a key of letters, digits, `-`, `_` and `.`, found `{#a b}`.',
    ],
    ['a bead is empty', plan('## A', '', '## B', 'Text.'), 'p.md:3: expected a description of "A", found none.'],
    ['a bead has only fields', plan('## A', 'priority: 1'), 'p.md:3: expected a description of "A", found none.'],
    [
      'two beads have one key',
      plan('## A {#x}', 'Text.', '', '## B {#x}', 'Text.'),
      'p.md:6: expected a key of its own, found `x` a second time; the first is line 3.',
    ],
    [
      'two beads have one title',
      plan('## A', 'Text.', '', '## A', 'Text.'),
      'p.md:6: expected a key of its own, found `a` a second time; the first is line 3.',
    ],
    [
      'a need is unknown',
      plan('## Codes', 'needs: cods', 'Text.', '', '## Cod', 'Text.'),
      'p.md:4: expected the key of a bead of this plan, found `cods` (did you mean `codes`?).',
    ],
    [
      'a need is nothing like any key',
      two('needs: zebra', ''),
      'p.md:4: expected the key of a bead of this plan, found `zebra`.',
    ],
    [
      'two beads wait for each other',
      two('needs: b', 'needs: a'),
      'p.md:4: expected beads that do not wait for each other, found a→b→a.',
    ],
    [
      'a bead waits for itself',
      two('needs: a', ''),
      'p.md:4: expected beads that do not wait for each other, found a→a.',
    ],
    [
      'a priority is no number',
      two('priority: high', ''),
      'p.md:4: expected a priority from 0 (first) to 4, found `high`.',
    ],
    [
      'a priority is out of range',
      two('priority: 5', ''),
      'p.md:4: expected a priority from 0 (first) to 4, found `5`.',
    ],
    ['a priority is missing', two('priority:', ''), 'p.md:4: expected a priority from 0 (first) to 4, found nothing.'],
    [
      'a type is no word',
      two('type: Big Bug', ''),
      'p.md:4: expected a type such as `task`, `bug`, `feature` or `chore`, found `Big Bug`.',
    ],
    ['an agent is no name', two('agent: ../x', ''), "p.md:4: expected an agent's name such as `shell`, found `../x`."],
    ['needs are empty', two('needs: ,', ''), 'p.md:4: expected keys of other beads separated by commas, found `,`.'],
    [
      'a field is given twice',
      two('type: bug\ntype: task', ''),
      'p.md:5: expected one `type:` line a bead, found a second; the first is line 4.',
    ],
    [
      'a field is unknown',
      two('prio: 1', ''),
      'p.md:4: expected one of `needs:`, `priority:`, `type:`, `agent:`, `touches:`, `labels:` or the description, found `prio:`.',
    ],
    [
      'a field is misspelt',
      two('Priorty: 1', ''),
      'p.md:4: expected one of `needs:`, `priority:`, `type:`, `agent:`, `touches:`, `labels:` or the description, found `Priorty:` (did you mean `priority`?).',
    ],
    [
      'a later field is unknown',
      two('type: bug\nowner: me', ''),
      'p.md:5: expected one of `needs:`, `priority:`, `type:`, `agent:`, `touches:`, `labels:` or the description, found `owner:`.',
    ],
    [
      'a field is below the text',
      two('Text.\nneeds: b', ''),
      'p.md:5: expected fields directly under the heading, found `needs: b` below the description.',
    ],
    [
      'fields are a list',
      plan('## A', '- needs: b', '- type: bug', '', 'Text.'),
      'p.md:4: expected fields as plain lines, found a list.',
    ],
    [
      'a line of dashes makes a field a heading',
      plan('## A', 'type: bug', '---', 'Text.'),
      'p.md:4: expected an empty line between fields and a line of dashes, found a field that the dashes turn into a heading.',
    ],
    [
      'a shell bead has no script',
      two('agent: shell', ''),
      'p.md:3: expected a fenced `sh` block, which is what the shell agent runs, found none.',
    ],
    [
      'a shell bead has an empty script',
      plan('## A', 'agent: shell', '', '```sh', '```'),
      'p.md:3: expected a fenced `sh` block, which is what the shell agent runs, found none.',
    ],
    [
      'a fence is never closed',
      plan('## A', '```sh', 'echo', '', '## B', 'Text.'),
      'p.md:4: expected a closing ``` for the block that starts here, found the end of the file.',
    ],
    ['it has a NUL byte', '# T\n\n## A\0\n\nText.', 'p.md:3: expected text, found a NUL byte.'],
    [
      'a title is too long',
      plan(`## ${'x'.repeat(501)}`, 'Text.'),
      'p.md:3: expected a title of at most 500 characters, found 501.',
    ],
    [
      'it has too many beads',
      plan(...Array.from({ length: 1001 }, (_, index) => `## B${index}\n\nText.\n`)),
      'p.md:4003: expected at most 1000 beads, found 1001.',
    ],
  ])('%s', (_, source, message) => {
    expect(refusal(source)).toBe(message);
  });

  test('it is not UTF-8, naming the line and the byte', () => {
    const text = new TextEncoder().encode('# Tä\n\n## A\nText.');
    expect(refusal(Uint8Array.from([...text, 0x20, 0xe9, 0x20]))).toBe('p.md:4: expected UTF-8 text, found byte 0xe9.');
    expect(refusal(Uint8Array.from([...text, 0xc3]))).toBe('p.md:4: expected UTF-8 text, found byte 0xc3.');
    expect(refusal(Uint8Array.from([0xff, 0xfe, 0x23, 0x00]))).toBe('p.md:1: expected UTF-8 text, found byte 0xff.');
  });

  test('a long circle is found, and a long chain is none', () => {
    const chain = (last: string) =>
      plan(
        ...Array.from(
          { length: 900 },
          (_, index) => `## B${index} {#b${index}}\nneeds: ${index < 899 ? `b${index + 1}` : last}\nText.\n`,
        ),
      );
    expect(refusal(chain('b898'))).toContain('found b898→b899→b898.');
    expect(parsePlan(`${chain('end')}\n## End\nText.\n`, 'p.md').beads).toHaveLength(901);
  });
});

test('an accented key from a decomposed title and a composed one is the same', () => {
  expect(parsePlan(plan('## e\u0301a', 'Text.'), 'p.md').beads[0]!.key).toBe(
    parsePlan(plan('## éa', 'Text.'), 'p.md').beads[0]!.key,
  );
});
