import { expect, test } from "bun:test";
import { AMOUNTS, type Containers, NUMBERS, sumContainers } from "./sum-containers.ts";

const one = (cpu: number, restartPolicy?: string) => ({
  cpu,
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
});

test.each([
  ["containers run together", [one(1), one(2)], [], 3],
  ["init containers run one after the other", [one(1)], [one(4), one(2)], 4],
  ["a sidecar runs beside the containers", [one(1)], [one(2, "Always")], 3],
  ["a sidecar runs beside the init containers behind it", [one(1)], [one(2, "Always"), one(5)], 7],
  ["not beside those before it", [one(1)], [one(5), one(2, "Always")], 5],
  ["nothing", [], [], 0],
] as const)("%s", (_, containers, initContainers, sum) => {
  expect(sumContainers({ containers, initContainers }, ({ cpu }) => cpu, NUMBERS)).toBe(sum);
});

interface Asking {
  readonly restartPolicy?: string;
  readonly requests: Readonly<Record<string, number>>;
}

test("AMOUNTS sums each resource by itself", () => {
  const spec: Containers<Asking> = {
    containers: [{ requests: { cpu: 1, memory: 2 } }],
    initContainers: [{ requests: { memory: 5, gpu: 1 } }],
  };
  const sum = sumContainers(spec, ({ requests }) => new Map(Object.entries(requests)), AMOUNTS);
  expect(Object.fromEntries(sum)).toEqual({ cpu: 1, memory: 5, gpu: 1 });
});
