/**
 * What was measured of these strategies before they were built here: runs / makespan / mean time until a good request
 * landed, in gate runs, over 400 random worlds a cell; the ladder with one confirmation of each culprit.
 */
export interface PublishedRow {
  readonly requests: number;
  readonly slots: number;
  /** By the number of bad requests. */
  readonly cells: Readonly<Record<number, readonly [runs: number, makespan: number, meanLanding: number]>>;
}

export const PUBLISHED_LADDER: readonly PublishedRow[] = [
  { requests: 8, slots: 1, cells: { 0: [1, 1, 1], 1: [6.4, 6.4, 3.3], 2: [9.9, 9.9, 5.6] } },
  { requests: 8, slots: 4, cells: { 0: [2, 1, 1], 1: [7.5, 3.3, 2], 2: [12.2, 4.5, 2.8] } },
  {
    requests: 32,
    slots: 1,
    cells: { 0: [2, 2, 1.6], 1: [9.3, 9.3, 3.4], 2: [14.7, 14.7, 5.7], 5: [28.2, 28.2, 13.2], 10: [44.7, 44.7, 22.6] },
  },
  {
    requests: 32,
    slots: 2,
    cells: { 0: [3, 2, 1.3], 1: [10.7, 6.1, 2.4], 2: [16.8, 9.1, 3.6], 5: [32, 16.7, 7.2], 10: [49.8, 25.6, 12.4] },
  },
  {
    requests: 32,
    slots: 4,
    cells: { 0: [5, 2, 1], 1: [13.3, 4.3, 1.9], 2: [20.6, 6.2, 2.7], 5: [39, 10.6, 5], 10: [61.8, 16.1, 8.3] },
  },
  {
    requests: 32,
    slots: 8,
    cells: { 0: [8, 1, 1], 1: [18.4, 3.6, 1.7], 2: [28, 5, 2.3], 5: [51.4, 7.8, 4], 10: [83.1, 12, 6.7] },
  },
  {
    requests: 100,
    slots: 1,
    cells: {
      0: [4, 4, 3],
      2: [20.5, 20.5, 7],
      5: [38.6, 38.6, 13.3],
      10: [62.4, 62.4, 22.4],
      20: [99.3, 99.3, 38.2],
    },
  },
  {
    requests: 100,
    slots: 4,
    cells: {
      0: [9, 3, 1.8],
      2: [29.3, 8.5, 3.3],
      5: [52.9, 14.1, 5.5],
      10: [86.7, 22.3, 9.2],
      20: [138.2, 35, 15.8],
    },
  },
  {
    requests: 100,
    slots: 8,
    cells: {
      0: [15, 2, 1.6],
      2: [39.9, 6.6, 2.7],
      5: [70.4, 10.3, 4.5],
      10: [114.9, 15.5, 7.3],
      20: [177, 23.7, 12.5],
    },
  },
];
