import type { Effect } from './role.ts';

/** An effect in words: `did` stands before what it was done to, `doing` says what was tried. */
export const EFFECT_WORDS: Readonly<Record<Effect['type'], { readonly did: string; readonly doing: string }>> = {
  'session.launch': { did: 'started a worker for', doing: 'Starting a worker' },
  'session.interrupt': { did: 'interrupted', doing: 'Interrupting a worker' },
  'session.nudge': { did: 'spoke to', doing: 'Speaking to a worker' },
  'session.finish': { did: 'ended', doing: 'Taking over from a worker' },
  'session.collect': { did: 'looked at the work of', doing: 'Taking in the work of a worker' },
  'session.abandon': { did: 'gave up', doing: 'Giving up a worker' },
  'gates.run': { did: 'runs the gates of', doing: 'Running the gates' },
  'gates.stop': { did: 'stopped the gates of', doing: 'Stopping gates' },
  'guards.run': { did: 'looks through', doing: 'Looking through new work' },
  'chain.build': { did: 'merges for testing', doing: 'Merging for a test' },
  'radar.run': { did: 'compares the branches of', doing: 'Comparing branches' },
  'rig.refresh': { did: 'looks at the target of', doing: 'Looking at the target' },
  'dog.run': { did: 'ran', doing: 'Running a job' },
  land: { did: 'lands', doing: 'Landing' },
};
