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

/** How a quantity is written: `1500m` and `2k`, `1536Mi`, or `15e2`. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** A quantity that can be calculated with and written again in its own form. */
export interface Quantity {
  /** Billionths of its unit. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** A quantity with the form that it is written in; undefined where it is none. */
export function readQuantity(text: string): Quantity | undefined {
  const nano = parseQuantityNano(text);
  if (nano === undefined) return undefined;
  if (text.endsWith("i")) return { nano, format: "BinarySI" };
  return { nano, format: /[eE]\d|[eE][+-]/.test(text) ? "DecimalExponent" : "DecimalSI" };
}

/** A quantity as Kubernetes writes it: with the largest unit that leaves no fraction. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return "0";
  // Binary units are for whole numbers from 1024 on.
  const isSmall = nano > -1024n * NANO && nano < 1024n * NANO;
  if (format === "BinarySI" && !isSmall) {
    const whole = (nano + (nano > 0n ? NANO - 1n : 1n - NANO)) / NANO;
    return withUnit(whole, 1024n, ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]);
  }
  if (format !== "DecimalExponent") {
    return withUnit(nano, 1000n, ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]);
  }
  const exponents = ["e-9", "e-6", "e-3", "", "e3", "e6", "e9", "e12", "e15", "e18"];
  return withUnit(nano, 1000n, exponents);
}

function withUnit(value: bigint, step: bigint, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (unit < units.length - 1 && rest % step === 0n) {
    rest /= step;
    unit++;
  }
  return `${rest}${units[unit] ?? ""}`;
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
