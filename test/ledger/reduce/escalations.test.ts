import { describe, expect, it } from 'vitest';
import { HELP_SEVERITIES, type HelpCategory } from '../../../source/ledger/schema.ts';
import { DEACON, polecat } from '../helpers.ts';
import { town } from '../world.ts';

const NUX = 'rust/nux';

describe('an escalation', () => {
  it('with a key is open once, and may be opened again after it was closed', () => {
    const world = town();
    const open = () => world.do('escalation.open', { severity: 'low', title: 't', subject: 'rust', key: 'k' }, DEACON);
    const [first] = open();
    expect(open()).toEqual([]);
    world.do('escalation.close', { id: first!.id });
    expect(open()).not.toEqual([]);
    expect(world.why('rust').at(-1)).toMatch(/^deacon escalation\.open/);
  });

  it('with a secret in it is refused to an agent, and not to the town, which has to be heard', () => {
    const world = town();
    const told = { title: 'It says pwd=hunter2secret' };
    expect(world.refusal('escalation.open', told, polecat(NUX))).toMatch(/^invalid: This escalation seems to hold/);
    expect(world.data.escalations.size).toBe(0);
    world.id('escalation.open', told, DEACON);
  });

  it('climbs to the top and no further, until somebody looks after it', () => {
    const world = town();
    const id = world.id('escalation.open', { severity: 'high', title: 't' }, polecat(NUX));
    world.do('escalation.climb', { id }, DEACON);
    world.do('escalation.climb', { id }, DEACON);
    expect(world.data.escalations.get(id)).toMatchObject({
      severity: 'critical',
      climbs: 2,
      climbedAt: expect.any(String),
      by: `polecat ${NUX}`,
    });
    world.do('escalation.acknowledge', { id });
    expect(world.refusal('escalation.climb', { id }, DEACON)).toMatch(/^conflict: .* is acknowledged/);
  });

  it('that was acknowledged and never closed is put before people again, and can climb again', () => {
    const world = town();
    const id = world.id('escalation.open', { title: 't' }, polecat(NUX));
    expect(world.refusal('escalation.remind', { id }, DEACON)).toMatch(/^conflict: .* waits to be acknowledged/);
    world.do('escalation.acknowledge', { id });
    expect(world.data.escalations.get(id)).toMatchObject({ acknowledgedBy: 'operator' });
    world.do('escalation.remind', { id }, DEACON);
    const reminded = world.data.escalations.get(id)!;
    expect(reminded).toMatchObject({ remindedAt: expect.any(String), severity: 'medium' });
    expect(reminded).not.toHaveProperty('acknowledgedAt');
    world.do('escalation.climb', { id }, DEACON);
    world.do('escalation.close', { id, reason: 'It was the cable.' });
    expect(world.data.escalations.get(id)).toMatchObject({
      severity: 'high',
      closedBy: 'operator',
      resolution: 'It was the cable.',
    });
    expect(world.refusal('escalation.remind', { id }, DEACON)).toMatch(/^conflict: .* is closed/);
  });

  it.each(Object.entries(HELP_SEVERITIES))('that asks for help of the kind %s is %s', (category, severity) => {
    const world = town();
    const id = world.id('escalation.open', { title: 't', category: category as HelpCategory }, polecat(NUX));
    expect(world.data.escalations.get(id)).toMatchObject({ category, severity });
  });

  it('is as severe as it says, whatever its kind, and medium when it says neither', () => {
    const world = town();
    const said = world.id('escalation.open', { title: 't', category: 'emergency', severity: 'low' });
    expect(world.data.escalations.get(said)).toMatchObject({ severity: 'low' });
    expect(world.data.escalations.get(world.id('escalation.open', { title: 't' }))).toMatchObject({
      severity: 'medium',
    });
  });
});
