import { expect, test } from 'vitest';
import { describePullRequest } from '../../source/town/effects/pull-request-text.ts';
import { merge, rig } from '../roles/world.ts';

const TESTED = { commit: 'c'.repeat(40), tree: 'd'.repeat(40) };
const describeOne = (fields: Parameters<typeof merge>[1]) =>
  describePullRequest({ rig: rig(), merges: [merge('m1', fields)] }, TESTED);

test('a title mentions nobody, closes nothing and leads nowhere', () => {
  const title = 'Fixes #12, acme/app#3 and GH-4 for @all: https://evil.test \u001b]8;;x\u0007\u202eh';
  expect(describeOne({ title }).title).toBe('Fixes 12, acme/app3 and GH 4 for all: https: //evil.test ]8;;xh');
  expect(describeOne({ title: '@' }).title).toBe('@');
  expect(describeOne({ title: 'x'.repeat(500) }).title).toHaveLength(200);
});

test('a body shows foreign words as code only', () => {
  const { body } = describeOne({ title: 'a `b` <img>', summary: '```\n@all closes #1\n````\nend' });
  expect(body).toContain("`a 'b' <img>`");
  expect(body).toContain('`````text\n```\n@all closes #1\n````\nend\n`````');
  expect(body).toContain(TESTED.tree);
});

test('a summary that holds what looks like a secret stays at home', () => {
  const { body } = describeOne({ summary: `token ghp_${'a1'.repeat(20)}` });
  expect(body).not.toContain('ghp_');
});

test('several requests are all named', () => {
  const merges = Array.from({ length: 12 }, (_, index) => merge(`m${index}`, { title: `Change ${index}` }));
  const text = describePullRequest({ rig: rig(), merges }, TESTED);
  expect(text.title).toMatch(/^12 changes: Change 0; Change 1;/);
  expect(text.title.length).toBeLessThanOrEqual(200);
  expect(text.body).toContain('and 2 more requests');
});
