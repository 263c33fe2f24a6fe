import { plural } from '../../source/common/text.ts';
import type { MergeForecast } from '../../source/town/view.ts';

/** `will conflict with mr-7 (ahead) in src/a.ts`: one line for each thing in the way. */
export const forecastWords = (forecast: readonly MergeForecast[] = []): readonly string[] =>
  forecast.map(({ with: name, kind, ahead, files }) => {
    const more = files.length > 1 ? ` and ${plural(files.length - 1, 'more file')}` : '';
    const where = files.length === 0 ? '' : ` in ${files[0]}${more}`;
    return kind === 'target'
      ? `conflicts with ${name}${where}`
      : `will conflict with ${name}${ahead ? ' (ahead)' : kind === 'session' ? ' (being worked on)' : ''}${where}`;
  });
