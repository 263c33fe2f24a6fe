/** `1.2 GB`, `340 MB`: as people compare it with what a machine has. */
export const memorySize = (bytes: number): string =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
