import { expect, test } from 'vitest';
import { guard } from '../../../roles/refinery/guard.ts';
import { ago, MINUTE, merge, rig, seenBy, world } from '../world.ts';

const FINDING = { guard: 'secrets', kind: 'block', summary: 'a token in a.ts', path: 'a.ts' } as const;
const blocked = (fields: Parameters<typeof merge>[1] = {}) => {
  const made = merge('m1', fields);
  return { ...made, guards: seenBy(made, [FINDING], rig()) };
};
const decide = (request: ReturnType<typeof merge>) =>
  guard(world({ records: { rigs: [rig()], merges: [request] } }), rig()).map(action => action.do);

test('what a guard blocks goes back with its words', () => {
  expect(decide(blocked())).toMatchObject([
    { command: { type: 'merge.bounce', payload: { id: 'm1', cause: { kind: 'guard', files: ['a.ts'] } } } },
  ]);
});

test('a request that is held is neither looked at nor sent back before it is let go', () => {
  const held = { by: 'operator', at: ago(MINUTE), reason: 'Wait' };
  expect(decide(blocked({ held }))).toEqual([]);
  expect(decide(merge('m1', { held, guards: undefined }))).toEqual([]);
});

test('a request whose work or policy is another than was looked at is looked at again', () => {
  const { guards, ...made } = blocked();
  const again = [{ effect: { type: 'guards.run', merges: ['m1'] } }];
  expect(decide({ ...made, guards: { ...guards, head: guards.base } })).toMatchObject(again);
  expect(decide({ ...made, guards: { ...guards, policy: 'another' } })).toMatchObject(again);
});
