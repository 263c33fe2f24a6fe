import { z } from 'zod';
import { safeLine } from '../../common/text.ts';

export interface Check {
  readonly name: string;
  /** `could_not_run`: cancelled, timed out, its service failed. It says nothing of the work. */
  readonly state: 'passed' | 'failed' | 'running' | 'could_not_run';
  /** The service's own word, for people: `timed out`. */
  readonly word: string;
  /** Where a person reads more. */
  readonly link?: string;
}

const text = z.string().nullish();

/** One entry of `statusCheckRollup`: a check run of an app, or a status that something posted. */
export const checkSchema = z.looseObject({
  name: text,
  workflowName: text,
  status: text,
  conclusion: text,
  detailsUrl: text,
  startedAt: text,
  context: text,
  state: text,
  targetUrl: text,
});
type Reported = z.infer<typeof checkSchema>;

/** What a commit's checks say, each once: of several runs of one check the newest counts. */
export const checksOf = (reported: readonly Reported[]): Check[] => {
  const newest = new Map<string, Reported>();
  for (const one of reported) {
    const key = `${one.workflowName ?? ''}\0${nameOf(one)}`;
    const known = newest.get(key);
    if (!known || (one.startedAt ?? '') >= (known.startedAt ?? '')) newest.set(key, one);
  }
  return [...newest.values()].map(one => {
    const word = (one.state || (one.status === 'COMPLETED' ? one.conclusion : one.status) || 'PENDING').toUpperCase();
    const link = one.detailsUrl || one.targetUrl;
    return {
      name: nameOf(one),
      state: stateOf(word),
      word: safeLine(word.toLowerCase().replaceAll('_', ' ')).slice(0, WORD_CHARS),
      ...(link && { link: safeLine(link).slice(0, LINK_CHARS) }),
    };
  });
};

const NAME_CHARS = 80;
const WORD_CHARS = 30;
const LINK_CHARS = 300;

const nameOf = (one: Reported): string => safeLine(one.name || one.context || 'unnamed').slice(0, NAME_CHARS);

const PASSED: ReadonlySet<string> = new Set(['SUCCESS', 'NEUTRAL', 'SKIPPED']);
/** `ERROR` is a status whose own service broke; only `FAILURE` is a verdict on the work. */
const COULD_NOT_RUN: ReadonlySet<string> = new Set([
  'CANCELLED',
  'TIMED_OUT',
  'STARTUP_FAILURE',
  'STALE',
  'ACTION_REQUIRED',
  'ERROR',
]);

/** A word nobody knows yet is no verdict: it is waited for. */
const stateOf = (word: string): Check['state'] => {
  if (PASSED.has(word)) return 'passed';
  if (word === 'FAILURE') return 'failed';
  return COULD_NOT_RUN.has(word) ? 'could_not_run' : 'running';
};
