import { type BenchLine, median } from "../measure.ts";
import { BenchSide, type Took } from "./bench-side.ts";

/** How often each side is measured. */
export const ROUNDS = 40;

/** Where both sets of plugins are, and where address files go. */
export interface BenchPlaces {
  readonly ours: string;
  readonly theirs: string;
  readonly parent: string;
}

/** Two hosts, one for each set of plugins. */
export function twoSides({ ours, theirs, parent }: BenchPlaces): readonly [BenchSide, BenchSide] {
  return [new BenchSide("ours", ours, parent), new BenchSide("theirs", theirs, parent)];
}

/** What was measured on each side, by name. */
export class Samples<Name extends string> {
  readonly #samples = new Map<string, Took[]>();

  add(side: BenchSide, name: Name, took: Took): void {
    const key = `${side.name} ${name}`;
    this.#samples.set(key, [...(this.#samples.get(key) ?? []), took]);
  }

  median(side: BenchSide, name: Name): number {
    return median(this.#of(side, name).map(({ ms }) => ms));
  }

  /** The line of processor time alone. */
  cpuLine(sides: readonly [BenchSide, BenchSide], name: Name, bound: number): BenchLine {
    const [ours, theirs] = sides.map((side) =>
      median(this.#of(side, name).map(({ cpuMs }) => cpuMs)),
    );
    return {
      what: "  processor time",
      ours: inMs(ours ?? Number.NaN),
      reference: inMs(theirs ?? Number.NaN),
      ratio: (ours ?? Number.NaN) / (theirs ?? Number.NaN),
      bound,
    };
  }

  #of(side: BenchSide, name: Name): readonly Took[] {
    return this.#samples.get(`${side.name} ${name}`) ?? [];
  }

  #text(side: BenchSide, name: Name): string {
    const cpuMs = median(this.#of(side, name).map((took) => took.cpuMs));
    return `${inMs(this.median(side, name))} (processor ${inMs(cpuMs)})`;
  }

  /** One line of the table. */
  line(sides: readonly [BenchSide, BenchSide], name: Name, bound?: number): BenchLine {
    const ratio = this.median(sides[0], name) / this.median(sides[1], name);
    const [ours, reference] = [this.#text(sides[0], name), this.#text(sides[1], name)];
    return { what: name, ours, reference, ratio, ...(bound === undefined ? {} : { bound }) };
  }
}

/**
 * Rounds in turns, and each time the other side first; the first round, in which bridges and
 * tables are made and files come into the page cache, does not count.
 */
export async function alternate(
  sides: readonly [BenchSide, BenchSide],
  round: (side: BenchSide, number: number, counts: boolean) => Promise<void> | void,
  rounds = ROUNDS,
): Promise<void> {
  for (let number = 0; number <= rounds; number++) {
    const [first, second] = number % 2 === 0 ? sides : [sides[1], sides[0]];
    await round(first, number, number > 0);
    await round(second, number, number > 0);
  }
}

export function inMs(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}
