import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderPlan } from '../../source/town/plan/render.ts';
import { type Plan, type PlannedBead, parsePlan } from '../../source/town/plan.ts';

const bead = (fields: Partial<PlannedBead> = {}): PlannedBead => ({
  key: 'app-1',
  title: 'Do it',
  needs: [],
  type: 'task',
  priority: 2,
  description: 'Say how.',
  ...fields,
});
const plan = (...beads: PlannedBead[]): Plan => ({ title: 'Goal', beads });
const known = (of: Plan) => ({ known: new Set(of.beads.flatMap(({ needs }) => needs)), scripts: 'unchecked' as const });
const read = (text: string, of: Plan) => parsePlan(text, 'plan', known(of));

test('a plan is written as people write it, and read again as it was', () => {
  const whole: Plan = {
    title: 'Better errors',
    goal: 'Every error says what to do.',
    design: 'One family.\n\n#### Codes\n\nStable.',
    beads: [
      bead({
        key: 'app-1',
        touches: ['src/errors.ts', 'docs/'],
        labels: ['cli'],
        agent: 'shell',
        description: 'Run it.\n\n```sh\necho hello\n```',
        design: 'Small steps.',
        acceptance: '- it says hello',
      }),
      bead({ key: 'app-2', title: 'Then: the *docs*', needs: ['app-1', 'app-77'], priority: 0, type: 'chore' }),
    ],
  };
  const { text } = renderPlan(whole);
  expect(text).toBe(`# Better errors

Every error says what to do.

### Design

One family.

#### Codes

Stable.

## Do it {#app-1}
type: task
priority: 2
agent: shell
touches: src/errors.ts, docs/
labels: cli

Run it.

\`\`\`sh
echo hello
\`\`\`

### Design

Small steps.

### Accepted when

- it says hello

## Then\\: the \\*docs\\* {#app-2}
type: chore
priority: 0
needs: app-1, app-77

Say how.
`);
  expect(read(text, whole)).toEqual(whole);
});

describe('texts that would break a plan are changed as little as that takes:', () => {
  test.each([
    ['a heading that would begin a bead', 'a\n\n## Other\nb', 'a\n\n#### Other\nb'],
    ['a line that would make one of the text above', 'Other\n---\nb', '#### Other\nb'],
    ['a heading that would begin a part', 'a\n\n### Design\n\nb', 'a\n\n#### Design\n\nb'],
    ['a fence that never ends', '```sh\nls', '````text\n```sh\nls\n````'],
    ['a comment that never ends', 'a\n\n<!-- b', '```text\na\n\n<!-- b\n```'],
    ['fields', 'priority: 0', '```text\npriority: 0\n```'],
    ['no text at all', '', 'Nothing more is said.'],
  ])('%s', (_, description, shown) => {
    const written = renderPlan(plan(bead({ description }), bead({ key: 'app-2' })));
    expect(written.plan.beads.map(one => one.description)).toEqual([shown, 'Say how.']);
  });

  test('a field that no plan can name is left out', () => {
    const { plan: shown } = renderPlan(plan(bead({ agent: 'two words', type: 'Odd Type' })));
    expect(shown.beads[0]).toEqual(bead());
  });

  test('a link that another bead defines does not change a title', () => {
    const { plan: shown } = renderPlan(plan(bead({ title: '[x]' }), bead({ key: 'b', description: 'See:\n\n[x]: y' })));
    expect(shown.beads[0]!.title).toBe('[x]');
  });
});

/** Words of Markdown and of plans, so that what is random often means something. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '# a',
        '## b',
        '### Design',
        '### Accepted when',
        '---',
        '===',
        '```',
        '~~~sh',
        '<!--',
        '-->',
        '<pre>',
      ),
      fc.constantFrom(
        'needs: x',
        'priority: 9',
        'labels:',
        '- list',
        '    code',
        '> quote',
        '[x]: y',
        '[x]',
        '\t',
        '',
        '{#k}',
      ),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    ),
    { maxLength: 6 },
  )
  .map(lines => lines.join('\n'));
const words = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.constantFrom('a, b', 'x*y*', '[x]', '&amp;', '#'),
);
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const anyBead = fc.record({
  title: words,
  type: optional(fc.constantFrom('task', 'bug', 'Odd Type')),
  priority: optional(fc.integer({ min: 0, max: 4 })),
  agent: optional(fc.constantFrom('shell', 'claude', 'two words')),
  touches: optional(fc.array(words, { maxLength: 3 })),
  labels: optional(fc.array(words, { maxLength: 3 })),
  description: nasty,
  design: optional(nasty),
  acceptance: optional(nasty),
});
const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    title: words,
    goal: optional(nasty),
    design: optional(nasty),
    beads: fc.array(anyBead, { minLength: 1, maxLength: 3 }),
  })
  .map(
    ({ beads, ...rest }) =>
      ({
        ...rest,
        beads: beads.map((one, index) => ({
          ...one,
          key: `app-${index}`,
          needs: index > 0 ? [`app-${index - 1}`, 'app-x'] : [],
        })),
      }) as Plan,
  );

describe('from Markdown to a plan and back', () => {
  test('whatever its texts hold, a plan is written as a plan with the same beads', () => {
    fc.assert(
      fc.property(anyPlan, of => {
        const { text, plan: shown } = renderPlan(of);
        expect(read(text, of)).toEqual(shown);
        expect(shown.beads.map(({ key, needs }) => [key, needs])).toEqual(
          of.beads.map(({ key, needs }) => [key, needs]),
        );
        expect(shown.beads.map(one => one.priority)).toEqual(of.beads.map(one => one.priority));
      }),
      { numRuns: 60 },
    );
  });

  test('what was read from Markdown is read from what is written of it just the same', () => {
    fc.assert(
      fc.property(anyPlan, of => {
        const { plan: first } = renderPlan(of);
        expect(renderPlan(first).plan).toEqual(first);
      }),
      { numRuns: 60 },
    );
  });
});
