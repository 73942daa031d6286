const SUFFIXES: ReadonlyMap<string, readonly [base: bigint, exponent: number]> = new Map([
  ["", [10n, 0]],
  ["n", [10n, -9]],
  ["u", [10n, -6]],
  ["m", [10n, -3]],
  ["k", [10n, 3]],
  ["M", [10n, 6]],
  ["G", [10n, 9]],
  ["T", [10n, 12]],
  ["P", [10n, 15]],
  ["E", [10n, 18]],
  ["Ki", [2n, 10]],
  ["Mi", [2n, 20]],
  ["Gi", [2n, 30]],
  ["Ti", [2n, 40]],
  ["Pi", [2n, 50]],
  ["Ei", [2n, 60]],
]);
/** No number that anything holds is longer. */
const MAX_LENGTH = 64;
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;
const NANO = 10n ** 9n;

/**
 * A resource quantity in billionths of its unit, exactly; undefined where it is none. What is finer
 * than a billionth is rounded away from zero, as Kubernetes does: "0.5" is 500000000n.
 */
export function parseQuantityNano(text: string): bigint | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", suffix = ""] = match;
  if (whole + fraction === "") return undefined;
  const [base, exponent] = /^[eE][+-]?\d/.test(suffix)
    ? ([10n, Number(suffix.slice(1))] as const)
    : (SUFFIXES.get(suffix) ?? [10n, 0]);
  let numerator = BigInt(whole + fraction) * NANO;
  let denominator = 10n ** BigInt(fraction.length);
  if (exponent >= 0) numerator *= base ** BigInt(exponent);
  else denominator *= base ** BigInt(-exponent);
  const value = (numerator + denominator - 1n) / denominator;
  return sign === "-" ? -value : value;
}

/** A Kubernetes quantity (`500m`, `1Gi`, `1e3`) as the nearest number; undefined where it is none. */
export function parseQuantity(text: string): number | undefined {
  const nano = parseQuantityNano(text);
  return nano === undefined ? undefined : Number(nano / NANO) + Number(nano % NANO) / 1e9;
}

/** A quantity in thousandths of its unit, rounded up as Kubernetes does: milli-cores of a CPU quantity. */
export function parseQuantityMilli(text: string): number | undefined {
  const nano = parseQuantityNano(text);
  if (nano === undefined) return undefined;
  const milli = nano / 1_000_000n;
  return Number(nano % 1_000_000n > 0n ? milli + 1n : milli);
}

/** Bytes for people: `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit] ?? "B"}`;
}
