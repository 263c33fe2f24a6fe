import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Journey, journey, LANDING_MS, ONE_ASKS, pause, READING_MS, type } from './journey.ts';

/** What an agent with a model would do: ask once, then hand in a plan. */
const PLANNER = `set -eu
colour=$(gt ask "Which colour?" --choice red --choice blue | sed 's/^Answer: //; s/[.]$//')
cat > "$TMPDIR/plan.md" <<PLAN
# Paint the shop $colour

## Paint the door {#door}
touches: door.txt

\\\`\\\`\\\`sh
echo $colour > door.txt
\\\`\\\`\\\`

### Accepted when

door.txt says $colour.

## Paint the sign {#sign}
needs: door

\\\`\\\`\\\`sh
cat door.txt > sign.txt
\\\`\\\`\\\`
PLAN
gt propose -f "$TMPDIR/plan.md"
`;
/** An editor that asks at the terminal what the sign is to be called. */
const EDITOR = `read name
sed "s/Paint the sign/Paint the $name/" "$1" > "$1.new" && mv "$1.new" "$1"
`;

let person: Journey;
beforeEach(() => {
  person = journey('goals');
});
afterEach(() => person.cleanUp());

test('a goal becomes a plan: its question is answered, it is read, edited and approved on the screen, and only then done', async () => {
  const shop = person.repository();
  await person.townOf(shop, '--gate', 'ok=true');
  const [planner, editor] = ['planner.sh', 'editor.sh'].map(name => path.join(person.home, name)) as [string, string];
  writeFileSync(planner, PLANNER);
  writeFileSync(editor, EDITOR);
  appendFileSync(path.join(person.town, 'town.toml'), `\n[agents.planner]\ncommand = "sh '${planner}'"\n`);
  const screen = person.screen([], { cwd: shop, columns: 120, rows: 40, env: { EDITOR: `sh '${editor}'` } });
  await screen.until('N tells a goal');
  screen.send('N');
  await screen.until('What is to be reached');
  await type(screen, 'Paint the shop');
  screen.send('\t\t');
  await type(screen, 'planner');
  screen.send('\r');
  await screen.until(/planning….*Paint the shop/);

  await screen.until(ONE_ASKS, LANDING_MS);
  screen.send(' ');
  await screen.until('Which colour?');
  await pause(READING_MS);
  screen.send('2');
  await screen.until(/waits for your appr/, LANDING_MS);
  await screen.until(ONE_ASKS);
  screen.send(' ');
  await screen.until(
    /Start the plan "Paint the shop blue" \(2 beads\)[\s\S]*- Paint the door[\s\S]*touches: door.txt[\s\S]*done when: door.txt says blue\.[\s\S]* {3}- Paint the sign[\s\S]*needs: /,
  );
  expect((await person.records('polecats')).every(({ hook }) => hook === undefined)).toBe(true);

  screen.send('e');
  await screen.until(shown => !shown.includes('COMMAND') && !shown.includes('Start the plan'));
  screen.send('window\r');
  await screen.until(shown => shown.includes('is changed; nothing of it') && shown.includes('Paint the window'));
  screen.send(' ');
  await screen.until(/- Paint the window/);
  await pause(READING_MS);
  screen.send('y');
  await screen.until(/2\/2 landed .*Paint the shop blue/, LANDING_MS);
  expect(readFileSync(path.join(shop, 'sign.txt'), 'utf8')).toBe('blue\n');
});
