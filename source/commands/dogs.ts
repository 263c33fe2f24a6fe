import { EXIT, GastownError } from '../common/errors.ts';
import { duration } from '../common/text.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown dog` and `gastown dog list` */
export const list = (invocation: Invocation): Promise<undefined> =>
  withTown(invocation, async town => {
    const { dogs } = (await town.view()).health;
    for (const dog of dogs) invocation.output.record('dog', dog);
    invocation.output.table(
      ['DOG', 'WHAT IT DOES', 'EVERY', 'LAST RUN', 'TOOK', 'HOW IT WENT'],
      dogs.map(({ name, plain, intervalMs, lastRunAt, tookMs, ok, note, offBy }) => [
        name,
        plain,
        intervalMs > 0 && offBy === undefined ? duration(intervalMs) : 'off',
        lastRunAt === undefined ? '' : `${duration(Date.now() - lastRunAt)} ago`,
        tookMs === undefined ? '' : duration(tookMs),
        ok ? note : `failed: ${note}`,
      ]),
    );
    return undefined;
  });

/** `gastown dog run <name>`: exit 1 when it failed. */
export const run = (invocation: Invocation, [name]: string[]): Promise<number> =>
  withTown(invocation, async town => {
    const outcome = await town.runDog(name!);
    invocation.output.record('dog', { name, ...outcome });
    invocation.output.say(outcome.message);
    return outcome.ok ? EXIT.done : EXIT.failed;
  });

/** `gastown dog off <name>` */
export const switchOff = (invocation: Invocation, [name]: string[]): Promise<undefined> =>
  switchDog(invocation, { dog: name!, off: true });

/** `gastown dog on <name>` */
export const switchOn = (invocation: Invocation, [name]: string[]): Promise<undefined> =>
  switchDog(invocation, { dog: name!, off: false });

const switchDog = (invocation: Invocation, { dog, off }: { dog: string; off: boolean }): Promise<undefined> =>
  withTown(invocation, async town => {
    const known = (await town.view()).health.dogs.map(({ name }) => name);
    if (!known.includes(dog))
      throw new GastownError('usage', `There is no dog "${dog}".`, { hint: `There are: ${known.join(', ')}.` });
    await town.dispatch({ type: 'town.dog', payload: { dog, off } });
    invocation.output.record('dog', (await town.view()).health.dogs.find(({ name }) => name === dog)!);
    invocation.output.say(
      off ? `${dog} is off: it runs only when it is told to (gastown dog run ${dog}).` : `${dog} runs by its interval.`,
    );
    return undefined;
  });
