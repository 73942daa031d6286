/** Orders lists of numbers by their first difference; a missing number counts as 0. */
export function compareNumbers(one: readonly number[], other: readonly number[]): number {
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const difference = (one[i] ?? 0) - (other[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Orders dotted numbers by their value: `2.9` before `2.34`, `2.0` like `2`. */
export function compareDotted(one: string, other: string): number {
  return compareNumbers(one.split(".").map(Number), other.split(".").map(Number));
}
