import { EXIT } from '../common/errors.ts';
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
      dogs.map(({ name, plain, intervalMs, lastRunAt, tookMs, ok, note }) => [
        name,
        plain,
        intervalMs > 0 ? duration(intervalMs) : 'off',
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
