import { describe, expect, it } from 'vitest';
import { polecat } from '../helpers.ts';
import { town } from '../world.ts';

const NUX = 'rust/nux';
const ACE = 'rust/ace';

describe('a memory', () => {
  it('is kept, rewritten by its owner, and forgotten without being lost from history', () => {
    const world = town();
    world.do('memory.remember', { id: 'style', text: 'tabs' }, polecat(NUX));
    world.do('memory.remember', { id: 'style', text: 'spaces' }, polecat(NUX));
    expect(world.refusal('memory.remember', { id: 'style', text: 'x' }, polecat(ACE))).toMatch(/^forbidden/);
    expect(world.data.memories.get('style')).toMatchObject({ rev: 2, text: 'spaces' });
    world.do('memory.forget', { id: 'style' });
    expect(world.data.memories.get('style')).toMatchObject({ rev: 3, text: '', forgottenAt: expect.any(String) });
  });

  it('is forgotten by whoever wrote it and by the person, and by no other agent', () => {
    const world = town();
    const id = world.id('memory.remember', { text: 'mine' }, polecat(NUX));
    expect(world.refusal('memory.forget', { id }, polecat(ACE))).toMatch(/^forbidden: .* not its own/);
    world.do('memory.forget', { id }, polecat(NUX));
    expect(world.data.memories.get(id)).toMatchObject({ text: '', forgottenBy: `polecat ${NUX}` });
    world.do('memory.remember', { id, text: 'again' }, polecat(NUX));
    expect(world.data.memories.get(id)).not.toHaveProperty('forgottenAt');
  });

  it('that a person has forgotten is not brought back by its author', () => {
    const world = town();
    const id = world.id('memory.remember', { text: 'wrong' }, polecat(NUX));
    world.do('memory.forget', { id });
    expect(world.refusal('memory.remember', { id, text: 'wrong' }, polecat(NUX))).toMatch(/forgotten on purpose/);
    world.do('memory.remember', { id, text: 'right' });
    expect(world.data.memories.get(id)).toMatchObject({ text: 'right', by: 'operator' });
  });

  it('has a type and a rig, which stay when it is rewritten without them', () => {
    const world = town();
    world.do('memory.remember', { id: 'k', text: 'a', type: 'feedback', rig: 'rust' });
    world.do('memory.remember', { id: 'k', text: 'b' });
    expect(world.data.memories.get('k')).toMatchObject({ text: 'b', type: 'feedback', rig: 'rust' });
    world.do('memory.remember', { id: 'k', text: 'b', rig: null });
    expect(world.data.memories.get('k')).not.toHaveProperty('rig');
    expect(world.refusal('memory.remember', { text: 'x', rig: 'nowhere' })).toMatch(/^not_found/);
  });

  it('has a key of one word', () => {
    const world = town();
    for (const id of ['two words', 'a\nb', 'a\u001b[2J'])
      expect(world.refusal('memory.remember', { id, text: 'x' })).toMatch(/^invalid: A memory’s key is one word/);
  });

  it('that looks like a secret is refused, and nothing of it is kept', () => {
    const world = town();
    const refusal = world.refusal('memory.remember', { text: 'The key is AKIAABCDEFGHIJKLMNOP.' }, polecat(NUX));
    expect(refusal).toMatch(/^invalid: This memory seems to hold an AWS access key; .* for ever/);
    expect(world.data.memories.size).toBe(0);
  });
});
