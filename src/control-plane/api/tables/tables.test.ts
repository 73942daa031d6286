import { describe, expect, test } from "bun:test";
import type { ApiObject } from "../../objects/mod.ts";
import { KINDS, kindOf } from "../../resources/mod.ts";
import { humanDuration } from "./duration.ts";
import { tableKind, tableRow } from "./mod.ts";

const NOW = Date.parse("2026-12-01T10:00:00Z");

describe("humanDuration()", () => {
  const cases: readonly (readonly [ms: number, want: string])[] = [
    [-2000, "<invalid>"],
    [-10, "0s"],
    [0, "0s"],
    [119_000, "119s"],
    [120_000, "2m"],
    [599_000, "9m59s"],
    [600_000, "10m"],
    [3 * 3_600_000 - 1, "179m"],
    [3 * 3_600_000, "3h"],
    [7.5 * 3_600_000, "7h30m"],
    [47 * 3_600_000, "47h"],
    [50 * 3_600_000, "2d2h"],
    [8 * 86_400_000, "8d"],
    [800 * 86_400_000, "2y70d"],
    [3000 * 86_400_000, "8y"],
  ];
  test.each(cases)("%d ms is %s", (ms, want) => {
    expect(humanDuration(ms)).toBe(want);
  });
});

function pod(status: Record<string, unknown>, more: Record<string, unknown> = {}): ApiObject {
  return JSON.parse(
    JSON.stringify({
      ...{ kind: "Pod", apiVersion: "v1" },
      metadata: { name: "p", creationTimestamp: "2026-12-01T09:00:00Z", ...more },
      spec: {
        containers: [{ name: "a" }, { name: "b" }],
        initContainers: [{ name: "i" }, { name: "s", restartPolicy: "Always" }],
      },
      status,
    }),
  );
}
const running = (name: string, ready = true) => ({ name, ready, state: { running: {} } });
const waiting = (name: string, reason: string) => ({ name, state: { waiting: { reason } } });
const ended = (name: string, exitCode: number, reason = "") => ({
  ...{ name, ready: false },
  state: { terminated: { exitCode, reason } },
});
const initDone = [ended("i", 0, "Completed"), { ...running("s"), started: true }];

describe("the table of pods", () => {
  const cases: { name: string; pod: ApiObject; want: readonly string[] }[] = [
    {
      name: "one that waits for a node",
      pod: pod({ phase: "Pending" }),
      want: ["0/3", "Pending", "0"],
    },
    {
      name: "one that runs, sidecars counted",
      pod: pod({
        phase: "Running",
        initContainerStatuses: initDone,
        containerStatuses: [running("a"), running("b")],
      }),
      want: ["3/3", "Running", "0"],
    },
    {
      name: "one that initializes",
      pod: pod({
        phase: "Pending",
        initContainerStatuses: [running("i"), waiting("s", "PodInitializing")],
      }),
      want: ["0/3", "Init:0/2", "0"],
    },
    {
      name: "an init container that fails",
      pod: pod({ phase: "Pending", initContainerStatuses: [ended("i", 1, "Error")] }),
      want: ["0/3", "Init:Error", "0"],
    },
    {
      name: "an image that cannot be pulled",
      pod: pod({
        phase: "Pending",
        initContainerStatuses: initDone,
        containerStatuses: [waiting("a", "ImagePullBackOff"), running("b")],
      }),
      want: ["2/3", "ImagePullBackOff", "0"],
    },
    {
      name: "one that has crashed before",
      pod: pod({
        phase: "Running",
        initContainerStatuses: initDone,
        containerStatuses: [
          {
            ...running("a"),
            ...{
              restartCount: 2,
              lastState: { terminated: { finishedAt: "2026-12-01T09:55:00Z" } },
            },
          },
          running("b"),
        ],
      }),
      want: ["3/3", "Running", "2 (5m ago)"],
    },
    {
      name: "one that ended by its exit code",
      pod: pod({
        phase: "Failed",
        initContainerStatuses: initDone,
        containerStatuses: [ended("a", 3)],
      }),
      want: ["1/3", "ExitCode:3", "0"],
    },
    {
      name: "one that is deleted",
      pod: pod({ phase: "Running" }, { deletionTimestamp: "2026-12-01T10:00:30Z" }),
      want: ["0/3", "Terminating", "0"],
    },
    {
      name: "one that was evicted",
      pod: pod({ phase: "Failed", reason: "Evicted" }),
      want: ["0/3", "Evicted", "0"],
    },
  ];
  test.each(cases)("$name", ({ pod: object, want }) => {
    const { cells } = tableRow(tableKind(kindOf("pods")), object, { now: NOW, include: "None" });
    const shown = Array.isArray(cells) ? cells.slice(1, 4) : [];
    expect(shown).toEqual([...want]);
  });
});

test.each(KINDS.filter(({ isStored }) => isStored).map((kind) => [kind.storedAs, kind] as const))(
  "%s: an object without anything has a cell for each column",
  (_, kind) => {
    const how = tableKind(kind);
    const object = { kind: kind.kind, apiVersion: "v1", metadata: { name: "a" } };
    const { cells } = tableRow(how, object, { now: NOW, include: "Object" });
    expect(Array.isArray(cells) ? cells.length : 0).toBe(how.columns.length);
  },
);
