/**
 * The ladder: which stacks of waiting requests to test at once in so many slots, and what follows from what the gates
 * said. Pure, over opaque ids; each trial is the target with some requests stacked on it, in order.
 *
 * One long chain is cut at several places, and the prefixes up to the cuts are tested side by side. The largest green one
 * lands. What lies between it and the next red cut is suspect, as at least one of it is bad; what lies behind is as unknown
 * as before and is tested in the same next round, so that nobody waits for the culprit to be found. Only what fails by
 * itself on the target is rejected. Figures beside other queues: `npm run bench -- refinery`.
 */
export interface Ladder {
  /** In the queue's order. */
  readonly unknown: readonly string[];
  /** Runs of requests of which at least one seems bad, oldest first. */
  readonly suspects: readonly Suspects[];
  /** What remained of a run: each is tried alone. */
  readonly accused: readonly Accused[];
  readonly prior: Prior;
  /** The oldest run does not stack on what is unknown: it is narrowed down beside the chain, not at its end. */
  readonly isApart?: boolean;
}

export interface Suspects {
  /** Two at least. */
  readonly ids: readonly string[];
  /** Rounds in which no trial looked at them, while later arrivals were looked at. Counted by whoever knows of arrivals. */
  readonly passed: number;
}

export interface Accused {
  readonly id: string;
  /** How often it failed alone on a green target. */
  readonly reds: number;
  /** As of suspects. */
  readonly passed: number;
}

/** What is known of how many requests are bad: counts, with what was believed before any was seen. */
export interface Prior {
  readonly landed: number;
  readonly rejected: number;
}

export interface Trial {
  /**
   * `prefix`: of the chain. `alone`: one accused, which may be rejected for it. `half`: the first half of a run of
   * suspects, which narrows it down. Whatever is green may land while the target is where it was.
   */
  readonly kind: 'prefix' | 'alone' | 'half';
  /** Stacked on the target in this order. */
  readonly ids: readonly string[];
}

export interface TriedTrial extends Trial {
  readonly isGreen: boolean;
}

export interface Settled {
  readonly ladder: Ladder;
  readonly landed: readonly string[];
  readonly rejected: readonly string[];
}

/** One in twenty is believed to be bad, as strongly as forty requests seen would say it. */
const BELIEVED_BAD = 0.05;
const BELIEF_WEIGHT = 40;
/** Above this share of bad ones long prefixes are hardly ever green: then the first few are tested one by one. */
const WINDOW_ABOVE = 0.2;
/** Share of the slots that is the accused's while others wait. */
const ALONE_SHARE = 0.25;
/** What later arrivals overtook so often has a slot in the next round, whatever else waits. */
const PASSED_MAX = 2;
/** A last cut behind so large a share of the chain goes to its end: what little is left would need a round of its own. */
const NEARLY_ALL = 0.75;

/** How probable it is that the next request is bad. Each accused and each run of suspects counts as one that is. */
export const shareBad = ({ prior: { landed, rejected }, suspects, accused }: Ladder): number => {
  const bad = rejected + accused.length + suspects.length;
  return (BELIEVED_BAD * BELIEF_WEIGHT + bad) / (BELIEF_WEIGHT + landed + bad);
};

/** The chain of this round: all that is unknown, then the oldest run of suspects. */
export const chainOf = (ladder: Ladder): readonly string[] => [...ladder.unknown, ...chainedRun(ladder)];

const chainedRun = ({ suspects, isApart }: Ladder): readonly string[] => (isApart ? [] : (suspects[0]?.ids ?? []));

/** What to test now: `slots` trials at most, none of them twice. Empty when nothing waits. */
export const planTrials = (ladder: Ladder, slots: number): Trial[] => {
  const chain = chainOf(ladder);
  const cuts = cutsOf(ladder, slots - reservedSlots(ladder, slots));
  const isChained = cuts.some(cut => cut > ladder.unknown.length);
  const runs = ladder.suspects.slice(isChained ? 1 : 0);
  const aside = [
    ...ladder.accused.map(({ id, passed }) => ({ kind: 'alone' as const, ids: [id], passed })),
    ...runs.map(({ ids, passed }) => ({ kind: 'half' as const, ids: firstHalf(ids), passed })),
  ].sort((a, b) => Number(b.passed >= PASSED_MAX) - Number(a.passed >= PASSED_MAX));
  return [
    ...cuts.map((cut): Trial => ({ kind: 'prefix', ids: chain.slice(0, cut) })),
    ...aside.slice(0, slots - cuts.length).map(({ kind, ids }): Trial => ({ kind, ids })),
  ];
};

/** Slots that prefixes leave to others: some for the accused, and one for whatever was passed over too often. */
const reservedSlots = ({ unknown, accused, suspects }: Ladder, slots: number): number => {
  const isStale = [...accused, ...(unknown.length > 0 ? suspects : [])].some(({ passed }) => passed >= PASSED_MAX);
  return Math.max(isStale ? 1 : 0, Math.min(accused.length, Math.floor(slots * ALONE_SHARE)));
};

const firstHalf = (ids: readonly string[]): readonly string[] => ids.slice(0, Math.ceil(ids.length / 2));

/**
 * Where the chain is cut: at places between which the first bad request lies with equal probability, so that each answer
 * is worth the same. Ascending, each from 1 to the chain's length.
 */
export const cutsOf = (ladder: Ladder, slots: number): number[] => {
  const { unknown } = ladder;
  const run = chainedRun(ladder);
  const length = unknown.length + run.length;
  if (length === 0 || slots <= 0) return [];
  const bad = shareBad(ladder);
  const wanted = Array.from({ length: slots }, (_, index) =>
    bad > WINDOW_ABOVE
      ? index + 1
      : cutAt((index + 1) / (slots + 1), { unknown: unknown.length, run: run.length, bad }),
  );
  // A run is known to be red at its end: nothing is learnt there.
  const last = run.length > 0 ? length - 1 : length;
  const cuts = [...new Set(wanted.map(cut => Math.max(1, Math.min(cut, last))))].sort((a, b) => a - b);
  // A red cut must not span what is unknown and what is suspect.
  const beyond = cuts.findIndex(cut => cut > unknown.length);
  if (beyond >= 0 && unknown.length > 0 && !cuts.includes(unknown.length)) cuts[beyond] = unknown.length;
  const end = cuts.at(-1)!;
  if (run.length === 0 && end >= NEARLY_ALL * length) cuts[cuts.length - 1] = length;
  return cuts;
};

/** The cut up to which the first bad one lies with this probability. */
const cutAt = (quantile: number, { unknown, run, bad }: { unknown: number; run: number; bad: number }): number => {
  const good = 1 - bad;
  const amongUnknown = 1 - good ** unknown;
  const inUnknown = Math.log(1 - quantile) / Math.log(good);
  if (run === 0 || quantile <= amongUnknown) return Math.round(inUnknown);
  // At least one of the run is bad: its share of the probability is all that is left.
  const share = ((quantile - amongUnknown) / (1 - amongUnknown)) * (1 - good ** run);
  return unknown + Math.round(Math.log(1 - share) / Math.log(good));
};

/**
 * What follows from the trials of one round, which were planned on this ladder; `confirm` is how often one must fail alone
 * before it is rejected.
 */
export const settleTrials = (ladder: Ladder, tried: readonly TriedTrial[], confirm: number): Settled => {
  const chain = chainOf(ladder);
  const cuts = tried.filter(({ kind }) => kind === 'prefix').sort((a, b) => a.ids.length - b.ids.length);
  // A green prefix clears a shorter red one: that was a flake, or was repaired by what came behind it.
  const green = cuts.findLast(({ isGreen }) => isGreen)?.ids.length ?? 0;
  const red = cuts.find(({ ids, isGreen }) => !isGreen && ids.length > green)?.ids.length;
  const alone = judgeAlone(ladder, tried, { confirm, isFree: green === 0 });
  const isChained = Math.max(green, red ?? 0) > ladder.unknown.length;
  const found = narrow(ladder, { chain, green, ...(red !== undefined && { red }) });
  const halves = narrowByHalves(ladder.suspects.slice(isChained ? 1 : 0), tried);
  const runs = [...(isChained ? [] : halves.runs), ...found.runs, ...(isChained ? halves.runs : [])];
  const landed = [...chain.slice(0, green), ...alone.landed];
  return {
    ladder: {
      unknown: [...alone.cleared, ...found.unknown, ...halves.unknown],
      suspects: runs.filter(({ ids }) => ids.length > 1),
      accused: [
        ...alone.accused,
        ...runs.filter(({ ids }) => ids.length === 1).map(({ ids }): Accused => ({ id: ids[0]!, reds: 0, passed: 0 })),
      ],
      prior: { landed: ladder.prior.landed + landed.length, rejected: ladder.prior.rejected + alone.rejected.length },
    },
    landed,
    rejected: alone.rejected,
  };
};

interface Narrowed {
  readonly unknown: readonly string[];
  readonly runs: readonly Suspects[];
}

/** What of the chain is unknown and what is suspect after the green part has landed. A run that no cut reached is left out. */
const narrow = (
  { unknown }: Ladder,
  { chain, green, red }: { chain: readonly string[]; green: number; red?: number },
): Narrowed => {
  const border = unknown.length;
  // Without a red cut in it only the run's own red end is known.
  const end = red ?? (green > border ? chain.length : green);
  const ids = chain.slice(green, end);
  const rest = chain.slice(end, end > border ? chain.length : border);
  return { unknown: rest, runs: ids.length > 0 ? [{ ids, passed: 0 }] : [] };
};

const narrowByHalves = (runs: readonly Suspects[], tried: readonly TriedTrial[]): Narrowed => {
  const unknown: string[] = [];
  const narrowed = runs.map(({ ids, passed }): Suspects => {
    const half = tried.find(trial => trial.kind === 'half' && trial.ids[0] === ids[0]);
    if (!half) return { ids, passed };
    const [first, second] = [ids.slice(0, half.ids.length), ids.slice(half.ids.length)];
    unknown.push(...(half.isGreen ? first : second));
    return { ids: half.isGreen ? second : first, passed: 0 };
  });
  return { unknown, runs: narrowed };
};

const judgeAlone = (
  ladder: Ladder,
  tried: readonly TriedTrial[],
  { confirm, isFree }: { confirm: number; isFree: boolean },
): { landed: string[]; cleared: string[]; rejected: string[]; accused: Accused[] } => {
  const landed: string[] = [];
  const cleared: string[] = [];
  const rejected: string[] = [];
  const accused: Accused[] = [];
  for (const { id, reds, passed } of ladder.accused) {
    const trial = tried.find(({ kind, ids }) => kind === 'alone' && ids[0] === id);
    if (!trial) accused.push({ id, reds, passed });
    // Its tree is that of the target and itself: it lands only where the target stays as it was.
    else if (trial.isGreen) (isFree && landed.length === 0 ? landed : cleared).push(id);
    else if (reds + 1 >= confirm) rejected.push(id);
    else accused.push({ id, reds: reds + 1, passed: 0 });
  }
  return { landed, cleared, rejected, accused };
};
