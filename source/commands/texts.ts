import fs from 'node:fs/promises';
import path from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { GastownError } from '../common/errors.ts';
import { NO_TEXT } from '../common/text-version.ts';
import type { Texts } from '../town/texts.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown note <id> [text…]`: without a text it shows the notes. */
export const note = (
  invocation: Invocation,
  [id, ...words]: string[],
  options: Record<string, unknown>,
): Promise<undefined> =>
  withTown(invocation, async town => {
    const text = await textGiven(invocation, [words.join(' ') || undefined, options.add], options.file);
    const { output } = invocation;
    if (text === undefined) {
      const texts = await town.texts(id!);
      output.record('notes', told(texts));
      output.say(texts.notes ?? `There are no notes on ${id} yet.`);
      return undefined;
    }
    output.record('notes', told(await town.note(id!, text)));
    output.say(`Noted on ${id}.`);
    return undefined;
  });

/** `gastown design <id>`: without a text it shows the design and its version. */
export const design = (invocation: Invocation, [id]: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const text = await textGiven(invocation, [options.set, undefined], options.file);
    const { output } = invocation;
    if (text === undefined) {
      const texts = await town.texts(id!);
      output.record('design', told(texts));
      output.say(texts.design ? `Version ${texts.version}\n\n${texts.design}` : `There is no design of ${id} yet.`);
      return undefined;
    }
    const base = (options.base as string | undefined) ?? NO_TEXT;
    const texts = await town.design({ id: id!, text, base });
    output.record('design', told(texts));
    output.say(`The design of ${id} is version ${texts.version} now; gastown history ${id} has the earlier ones.`);
    return undefined;
  });

const told = ({ kind, id, title, rev, version, design, notes }: Texts): object => ({
  kind,
  id,
  title,
  rev,
  version,
  ...(design !== undefined && { design }),
  ...(notes !== undefined && { notes }),
});

/** The one text given: by word, by flag, or in a file (`-`: standard input). */
const textGiven = async (
  { cwd }: Invocation,
  given: readonly unknown[],
  file: unknown,
): Promise<string | undefined> => {
  const texts = given.filter(text => text !== undefined) as string[];
  if (texts.length + (file === undefined ? 0 : 1) > 1)
    throw new GastownError('usage', 'There are several texts; give one of them.');
  const text = typeof file === 'string' ? await readFrom(path.resolve(cwd, file), file === '-') : texts[0];
  if (text !== undefined && text.trim() === '') throw new GastownError('usage', 'The text is empty.');
  return text;
};

const readFrom = async (file: string, isStandardInput: boolean): Promise<string> => {
  try {
    return isStandardInput ? await readAll(process.stdin) : await fs.readFile(file, 'utf8');
  } catch (error) {
    throw new GastownError('usage', `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, {
      cause: error,
    });
  }
};
