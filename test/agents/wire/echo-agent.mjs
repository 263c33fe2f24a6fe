// Echoes what it is told, a line of JSON each; `ask …` makes it ask, `noise` prints what is no JSON, `exit` ends it.
import fs from 'node:fs';
import readline from 'node:readline';

const say = value => fs.writeSync(1, `${JSON.stringify(value)}\n`);
readline.createInterface({ input: process.stdin }).on('line', line => {
  fs.appendFileSync(process.argv[2], `${line}\n`);
  const told = JSON.parse(line);
  const text = told.hello ?? told.say;
  if (text === 'exit') process.exit(0);
  else if (text === 'noise') fs.writeSync(1, 'Warning: not JSON\n');
  else if (text?.startsWith('ask ')) say({ ask: text.slice(4) });
  else say({ echo: text ?? line });
});
