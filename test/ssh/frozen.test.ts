import { afterEach, expect, test } from 'vitest';
import { agentSays, eventually, type Journey, journey, LANDING_MS, ONE_WORKS } from '../terminal/journeys/journey.ts';

let person: Journey;
afterEach(() => person?.cleanUp());

/** Lines that the agent prints while nobody reads the screen: many times what a pty holds of frames that show them. */
const LINES = 2_000;

test.runIf(process.env.GASTOWN_LONG)(
  'a town whose screen nobody reads goes on landing work, and shows the newest when somebody does again',
  async () => {
    person = journey('frozen');
    const shop = person.repository();
    await person.townOf(shop, '--gate', 'ok=true');
    const talk = 'n=0; while :; do n=$((n+1)); echo "said $n $(seq -s " " 60)"; sleep 0.005; done';
    await person.command('create', 'Talk', '-d', `\`\`\`sh\n${talk}\n\`\`\``, '--sling');
    const screen = person.screen([], { cwd: shop, columns: 200, rows: 50 });
    await screen.until(ONE_WORKS, LANDING_MS);
    await agentSays(person, /said \d+/);
    screen.send('2');
    await screen.until('a attach');
    screen.send('l+');
    await screen.until(/said \d+/);
    const said = async (): Promise<number> => {
      const { stdout } = await person.command('log', 'acorn', '-n', '5');
      return Number(
        stdout
          .match(/said (\d+)/g)!
          .at(-1)!
          .slice(5),
      );
    };
    const from = await said();
    screen.freeze();
    await eventually('the agent goes on', async () => (await said()) > from + LINES, 120_000);
    await person.command('create', 'Sweep', '-d', '```sh\necho clean > floor.txt\n```', '--sling');
    await eventually(
      'other work lands',
      async () => (await person.records('merges')).some(({ state }) => state === 'landed'),
      LANDING_MS,
    );
    const newest = await said();
    screen.thaw();
    await screen.until(
      text =>
        Number(
          text
            .match(/said (\d+)/g)
            ?.at(-1)
            ?.slice(5),
        ) >= newest,
      LANDING_MS,
    );
    screen.send('?');
    await screen.until('Keys that work here');
    expect(screen.screen().split('\n')[0]).toMatch(/COMMAND/);
  },
  300_000,
);
